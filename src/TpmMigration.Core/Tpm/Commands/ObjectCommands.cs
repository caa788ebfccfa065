using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clause 12 (object commands) and clause 24 (hierarchy commands: CreatePrimary), in the specification's order.

/// <summary>TPMS_SENSITIVE_CREATE: what the creator of an object keeps secret. TPM 2.0 Part 2, 11.1.15.</summary>
/// <param name="UserAuth">The authorization value, at most the name algorithm's size in bytes.</param>
/// <param name="Data">The data of a sealed object; empty for a key made by the TPM.</param>
public sealed record TpmsSensitiveCreate(byte[] UserAuth, byte[] Data)
{
    internal void WriteSized(TpmWriter writer)
    {
        using (writer.PushTpm2b())
        {
            writer.WriteTpm2b(UserAuth);
            writer.WriteTpm2b(Data);
        }
    }
}

/// <summary>TPM2_Create, Part 3, 12.1. Its first parameter is secret: use a session that encrypts it.</summary>
public sealed class Create : TpmCommand<CreateResponse>
{
    public required TpmHandle ParentHandle { get; init; }

    public required TpmsSensitiveCreate InSensitive { get; init; }

    public required TpmtPublic InPublic { get; init; }

    internal override TpmCc Code => TpmCc.Create;

    internal override IReadOnlyList<TpmHandle> Handles => [ParentHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        InSensitive.WriteSized(writer);
        writer.WriteTpm2b(InPublic.Marshal());
        writer.WriteTpm2b([]); // outsideInfo
        writer.WriteU32(0); // creationPCR: none
    }

    internal override CreateResponse ReadResponse(uint handle, TpmReader reader)
    {
        byte[] outPrivate = reader.ReadTpm2b();
        TpmtPublic outPublic = TpmtPublic.ReadSized(reader);
        byte[] creationData = reader.ReadTpm2b();
        reader.ReadTpm2b(); // creationHash: that of the data
        return new CreateResponse(outPrivate, outPublic, creationData, TpmtTicket.Read(reader));
    }
}

/// <param name="OutPrivate">The content of TPM2B_PRIVATE: the sensitive area, encrypted by the parent.</param>
/// <param name="OutPublic">The public area as created.</param>
/// <param name="CreationData">The content of TPM2B_CREATION_DATA; see <see cref="TpmsCreationData"/>.</param>
/// <param name="CreationTicket">The TPM's own word that it made the object with this creation data.</param>
public sealed record CreateResponse(byte[] OutPrivate, TpmtPublic OutPublic, byte[] CreationData, TpmtTicket CreationTicket);

/// <summary>TPM2_CreatePrimary, Part 3, 24.1.</summary>
public sealed class CreatePrimary : TpmCommand<TpmObject>
{
    public required TpmHandle PrimaryHandle { get; init; }

    public TpmsSensitiveCreate InSensitive { get; init; } = new([], []);

    public required TpmtPublic InPublic { get; init; }

    internal override TpmCc Code => TpmCc.CreatePrimary;

    internal override IReadOnlyList<TpmHandle> Handles => [PrimaryHandle];

    internal override int AuthorizedHandles => 1;

    internal override bool LoadsHandle => true;

    internal override void WriteParameters(TpmWriter writer)
    {
        InSensitive.WriteSized(writer);
        writer.WriteTpm2b(InPublic.Marshal());
        writer.WriteTpm2b([]); // outsideInfo
        writer.WriteU32(0); // creationPCR: none
    }

    internal override TpmObject ReadResponse(uint handle, TpmReader reader)
    {
        TpmtPublic publicArea = TpmtPublic.ReadSized(reader);
        reader.ReadTpm2b(); // creationData
        reader.ReadTpm2b(); // creationHash
        TpmtTicket.Read(reader);
        return LoadResponse.Checked(handle, publicArea, reader.ReadTpm2b());
    }
}

/// <summary>TPM2_Load, Part 3, 12.2.</summary>
public sealed class Load : TpmCommand<TpmObject>
{
    public required TpmHandle ParentHandle { get; init; }

    /// <summary>The content of TPM2B_PRIVATE.</summary>
    public required byte[] InPrivate { get; init; }

    public required TpmtPublic InPublic { get; init; }

    internal override TpmCc Code => TpmCc.Load;

    internal override IReadOnlyList<TpmHandle> Handles => [ParentHandle];

    internal override int AuthorizedHandles => 1;

    internal override bool LoadsHandle => true;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(InPrivate);
        writer.WriteTpm2b(InPublic.Marshal());
    }

    internal override TpmObject ReadResponse(uint handle, TpmReader reader) => LoadResponse.Checked(handle, InPublic, reader.ReadTpm2b());
}

/// <summary>TPM2_LoadExternal of a public area, Part 3, 12.3.</summary>
public sealed class LoadExternal : TpmCommand<TpmObject>
{
    public required TpmtPublic InPublic { get; init; }

    /// <summary>The hierarchy the object is to belong to; tickets about it need one other than Null.</summary>
    public TpmHandle Hierarchy { get; init; } = TpmHandle.Null;

    internal override TpmCc Code => TpmCc.LoadExternal;

    internal override bool LoadsHandle => true;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b([]); // inPrivate: none
        writer.WriteTpm2b(InPublic.Marshal());
        writer.WriteU32(Hierarchy.Value);
    }

    internal override TpmObject ReadResponse(uint handle, TpmReader reader) => LoadResponse.Checked(handle, InPublic, reader.ReadTpm2b());
}

/// <summary>TPM2_ReadPublic, Part 3, 12.4.</summary>
public sealed class ReadPublic : TpmCommand<TpmObject>
{
    public required uint ObjectHandle { get; init; }

    internal override TpmCc Code => TpmCc.ReadPublic;

    internal override IReadOnlyList<TpmHandle> Handles => [new TpmHandle(ObjectHandle, [])];

    internal override TpmObject ReadResponse(uint handle, TpmReader reader)
    {
        TpmtPublic publicArea = TpmtPublic.ReadSized(reader);
        TpmObject result = LoadResponse.Checked(ObjectHandle, publicArea, reader.ReadTpm2b());
        reader.ReadTpm2b(); // qualifiedName
        return result;
    }
}

/// <summary>TPM2_ActivateCredential, Part 3, 12.5. Authorizes the activated object (ADMIN role), then the key.</summary>
public sealed class ActivateCredential : TpmCommand<byte[]>
{
    public required TpmHandle ActivateHandle { get; init; }

    public required TpmHandle KeyHandle { get; init; }

    /// <summary>The content of TPM2B_ID_OBJECT.</summary>
    public required byte[] CredentialBlob { get; init; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET.</summary>
    public required byte[] Secret { get; init; }

    internal override TpmCc Code => TpmCc.ActivateCredential;

    internal override IReadOnlyList<TpmHandle> Handles => [ActivateHandle, KeyHandle];

    internal override int AuthorizedHandles => 2;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(CredentialBlob);
        writer.WriteTpm2b(Secret);
    }

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}

/// <summary>TPM2_MakeCredential, Part 3, 12.6.</summary>
public sealed class MakeCredential : TpmCommand<MakeCredentialResponse>
{
    public required TpmHandle Handle { get; init; }

    public required byte[] Credential { get; init; }

    /// <summary>The name of the object the credential is for.</summary>
    public required byte[] ObjectName { get; init; }

    internal override TpmCc Code => TpmCc.MakeCredential;

    internal override IReadOnlyList<TpmHandle> Handles => [Handle];

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(Credential);
        writer.WriteTpm2b(ObjectName);
    }

    internal override MakeCredentialResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), reader.ReadTpm2b());
}

/// <param name="CredentialBlob">The content of TPM2B_ID_OBJECT.</param>
/// <param name="Secret">The content of TPM2B_ENCRYPTED_SECRET.</param>
public sealed record MakeCredentialResponse(byte[] CredentialBlob, byte[] Secret);

/// <summary>TPM2_Unseal, Part 3, 12.7.</summary>
public sealed class Unseal : TpmCommand<byte[]>
{
    public required TpmHandle ItemHandle { get; init; }

    internal override TpmCc Code => TpmCc.Unseal;

    internal override IReadOnlyList<TpmHandle> Handles => [ItemHandle];

    internal override int AuthorizedHandles => 1;

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}

internal static class LoadResponse
{
    /// <summary>A loaded object, provided that the TPM's idea of its name is the one its public area has.</summary>
    internal static TpmObject Checked(uint handle, TpmtPublic publicArea, byte[] name)
    {
        if (!SecretBytes.FixedTimeEquals(name, publicArea.Name))
            throw new TpmWireException($"The TPM names the object 0x{handle:X8} otherwise than its public area says: the answer is not the TPM's own.");
        return new TpmObject(new TpmHandle(handle, name), publicArea);
    }
}
