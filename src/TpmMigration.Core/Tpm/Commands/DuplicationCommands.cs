using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clause 13.

/// <summary>TPM2_Duplicate, Part 3, 13.1. Authorizes the object in the DUP role: by policy only.</summary>
public sealed class Duplicate : TpmCommand<DuplicateResponse>
{
    public required TpmHandle ObjectHandle { get; init; }

    public required TpmHandle NewParentHandle { get; init; }

    /// <summary>The key of the inner wrap; empty lets the TPM make one where <see cref="SymmetricAlg"/> asks for an inner wrap.</summary>
    public byte[] EncryptionKeyIn { get; init; } = [];

    /// <summary>The algorithm of the inner wrap; Null for none.</summary>
    public TpmtSymDef SymmetricAlg { get; init; } = TpmtSymDef.Null;

    internal override TpmCc Code => TpmCc.Duplicate;

    internal override IReadOnlyList<TpmHandle> Handles => [ObjectHandle, NewParentHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(EncryptionKeyIn);
        SymmetricAlg.Write(writer);
    }

    internal override DuplicateResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), reader.ReadTpm2b(), reader.ReadTpm2b());
}

/// <param name="EncryptionKeyOut">The key of the inner wrap, if the TPM made one; secret.</param>
/// <param name="OutPrivate">The content of TPM2B_PRIVATE: the duplicate, wrapped to the new parent.</param>
/// <param name="OutSymSeed">The content of TPM2B_ENCRYPTED_SECRET: the seed, encrypted to the new parent.</param>
public sealed record DuplicateResponse(byte[] EncryptionKeyOut, byte[] OutPrivate, byte[] OutSymSeed);

/// <summary>TPM2_Rewrap, Part 3, 13.2.</summary>
public sealed class Rewrap : TpmCommand<RewrapResponse>
{
    public required TpmHandle OldParent { get; init; }

    public required TpmHandle NewParent { get; init; }

    /// <summary>The content of TPM2B_PRIVATE.</summary>
    public required byte[] InDuplicate { get; init; }

    /// <summary>The name of the object being rewrapped.</summary>
    public required byte[] Name { get; init; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET.</summary>
    public required byte[] InSymSeed { get; init; }

    internal override TpmCc Code => TpmCc.Rewrap;

    internal override IReadOnlyList<TpmHandle> Handles => [OldParent, NewParent];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(InDuplicate);
        writer.WriteTpm2b(Name);
        writer.WriteTpm2b(InSymSeed);
    }

    internal override RewrapResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), reader.ReadTpm2b());
}

/// <param name="OutDuplicate">The content of TPM2B_PRIVATE, wrapped to the new parent.</param>
/// <param name="OutSymSeed">The content of TPM2B_ENCRYPTED_SECRET for the new parent.</param>
public sealed record RewrapResponse(byte[] OutDuplicate, byte[] OutSymSeed);

/// <summary>TPM2_Import, Part 3, 13.3. Its first parameter is secret where there is an inner wrap.</summary>
public sealed class Import : TpmCommand<byte[]>
{
    public required TpmHandle ParentHandle { get; init; }

    /// <summary>The key of the inner wrap; empty where there is none.</summary>
    public byte[] EncryptionKey { get; init; } = [];

    public required TpmtPublic ObjectPublic { get; init; }

    /// <summary>The content of TPM2B_PRIVATE.</summary>
    public required byte[] Duplicate { get; init; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET.</summary>
    public required byte[] InSymSeed { get; init; }

    public TpmtSymDef SymmetricAlg { get; init; } = TpmtSymDef.Null;

    internal override TpmCc Code => TpmCc.Import;

    internal override IReadOnlyList<TpmHandle> Handles => [ParentHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(EncryptionKey);
        writer.WriteTpm2b(ObjectPublic.Marshal());
        writer.WriteTpm2b(Duplicate);
        writer.WriteTpm2b(InSymSeed);
        SymmetricAlg.Write(writer);
    }

    /// <summary>The content of TPM2B_PRIVATE under the new parent.</summary>
    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}
