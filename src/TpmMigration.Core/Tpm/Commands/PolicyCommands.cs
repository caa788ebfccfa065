using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clause 23 (enhanced authorization), and 11.2 (PolicyRestart).

/// <summary>A command whose first handle is the policy session it extends.</summary>
public abstract class PolicyCommand : TpmCommand
{
    public required TpmHandle PolicySession { get; init; }

    internal override IReadOnlyList<TpmHandle> Handles => [PolicySession];
}

/// <summary>TPM2_PolicyRestart, Part 3, 11.2.</summary>
public sealed class PolicyRestart : PolicyCommand
{
    internal override TpmCc Code => TpmCc.PolicyRestart;
}

/// <summary>TPM2_PolicyAuthValue, Part 3, 23.17: the use must prove the object's authorization value.</summary>
public sealed class PolicyAuthValue : PolicyCommand
{
    internal override TpmCc Code => TpmCc.PolicyAuthValue;
}

/// <summary>TPM2_PolicyCommandCode, Part 3, 23.11.</summary>
public sealed class PolicyCommandCode : PolicyCommand
{
    public required TpmCc CommandCode { get; init; }

    internal override TpmCc Code => TpmCc.PolicyCommandCode;

    internal override void WriteParameters(TpmWriter writer) => writer.WriteU32((uint)CommandCode);
}

/// <summary>TPM2_PolicyOR, Part 3, 23.6: two to eight digests, the session's own among them.</summary>
public sealed class PolicyOr : PolicyCommand
{
    public required IReadOnlyList<byte[]> HashList { get; init; }

    internal override TpmCc Code => TpmCc.PolicyOr;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteU32((uint)HashList.Count);
        foreach (byte[] digest in HashList)
            writer.WriteTpm2b(digest);
    }
}

/// <summary>TPM2_PolicyPCR, Part 3, 23.7.</summary>
public sealed class PolicyPcr : PolicyCommand
{
    /// <summary>The digest, by the session's hash, of the values that the PCRs must have.</summary>
    public required byte[] PcrDigest { get; init; }

    public required IReadOnlyList<TpmsPcrSelection> Pcrs { get; init; }

    internal override TpmCc Code => TpmCc.PolicyPcr;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(PcrDigest);
        TpmsPcrSelection.WriteList(writer, Pcrs);
    }
}

/// <summary>TPM2_PolicyDuplicationSelect, Part 3, 23.15.</summary>
public sealed class PolicyDuplicationSelect : PolicyCommand
{
    /// <summary>The name of the key; counts only with <see cref="IncludeObject"/>.</summary>
    public required byte[] ObjectName { get; init; }

    public required byte[] NewParentName { get; init; }

    public required bool IncludeObject { get; init; }

    internal override TpmCc Code => TpmCc.PolicyDuplicationSelect;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(ObjectName);
        writer.WriteTpm2b(NewParentName);
        writer.WriteU8(IncludeObject ? (byte)1 : (byte)0);
    }
}

/// <summary>TPM2_PolicyAuthorize, Part 3, 23.16.</summary>
public sealed class PolicyAuthorize : PolicyCommand
{
    public required byte[] ApprovedPolicy { get; init; }

    public byte[] PolicyRef { get; init; } = [];

    /// <summary>The name of the key that signed the approved policy.</summary>
    public required byte[] KeySign { get; init; }

    public required TpmtTicket CheckTicket { get; init; }

    internal override TpmCc Code => TpmCc.PolicyAuthorize;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(ApprovedPolicy);
        writer.WriteTpm2b(PolicyRef);
        writer.WriteTpm2b(KeySign);
        CheckTicket.Write(writer);
    }
}

/// <summary>TPM2_PolicyTicket, Part 3, 23.5.</summary>
public sealed class PolicyTicket : PolicyCommand
{
    /// <summary>The content of TPM2B_TIMEOUT, as the TPM returned it with the ticket.</summary>
    public required byte[] Timeout { get; init; }

    public required byte[] CpHashA { get; init; }

    public byte[] PolicyRef { get; init; } = [];

    /// <summary>The name of the entity that authorized.</summary>
    public required byte[] AuthName { get; init; }

    public required TpmtTicket Ticket { get; init; }

    internal override TpmCc Code => TpmCc.PolicyTicket;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(Timeout);
        writer.WriteTpm2b(CpHashA);
        writer.WriteTpm2b(PolicyRef);
        writer.WriteTpm2b(AuthName);
        Ticket.Write(writer);
    }
}

/// <summary>TPM2_PolicyGetDigest, Part 3, 23.18.</summary>
public sealed class PolicyGetDigest : TpmCommand<byte[]>
{
    public required TpmHandle PolicySession { get; init; }

    internal override TpmCc Code => TpmCc.PolicyGetDigest;

    internal override IReadOnlyList<TpmHandle> Handles => [PolicySession];

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}

/// <summary>TPM2_PolicySecret, Part 3, 23.4. Authorizes <see cref="AuthHandle"/>.</summary>
public sealed class PolicySecret : TpmCommand<PolicyAuthorizationResponse>
{
    public required TpmHandle AuthHandle { get; init; }

    public required TpmHandle PolicySession { get; init; }

    /// <summary>The session's TPM nonce, from which <see cref="Expiration"/> counts, or empty.</summary>
    public byte[] NonceTpm { get; init; } = [];

    /// <summary>Digest of the only command the policy may then be used for, or empty.</summary>
    public byte[] CpHashA { get; init; } = [];

    public byte[] PolicyRef { get; init; } = [];

    /// <summary>Seconds; a negative value asks for a ticket valid that long, 0 for no limit.</summary>
    public int Expiration { get; init; }

    internal override TpmCc Code => TpmCc.PolicySecret;

    internal override IReadOnlyList<TpmHandle> Handles => [AuthHandle, PolicySession];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(NonceTpm);
        writer.WriteTpm2b(CpHashA);
        writer.WriteTpm2b(PolicyRef);
        writer.WriteU32(unchecked((uint)Expiration));
    }

    internal override PolicyAuthorizationResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), TpmtTicket.Read(reader));
}

/// <summary>TPM2_PolicySigned, Part 3, 23.3.</summary>
public sealed class PolicySigned : TpmCommand<PolicyAuthorizationResponse>
{
    /// <summary>The loaded public key that verifies the signature.</summary>
    public required TpmHandle AuthObject { get; init; }

    public required TpmHandle PolicySession { get; init; }

    public byte[] NonceTpm { get; init; } = [];

    public byte[] CpHashA { get; init; } = [];

    public byte[] PolicyRef { get; init; } = [];

    /// <summary>Seconds, as for <see cref="PolicySecret"/>.</summary>
    public int Expiration { get; init; }

    public required TpmtSignature Auth { get; init; }

    internal override TpmCc Code => TpmCc.PolicySigned;

    internal override IReadOnlyList<TpmHandle> Handles => [AuthObject, PolicySession];

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(NonceTpm);
        writer.WriteTpm2b(CpHashA);
        writer.WriteTpm2b(PolicyRef);
        writer.WriteU32(unchecked((uint)Expiration));
        Auth.Write(writer);
    }

    internal override PolicyAuthorizationResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), TpmtTicket.Read(reader));
}

/// <param name="Timeout">The content of TPM2B_TIMEOUT: when the ticket ends, in the TPM's own form.</param>
/// <param name="PolicyTicket">The ticket, or a null ticket if none was asked for.</param>
public sealed record PolicyAuthorizationResponse(byte[] Timeout, TpmtTicket PolicyTicket);
