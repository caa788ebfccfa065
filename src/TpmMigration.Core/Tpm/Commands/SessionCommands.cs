using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clauses 11 (sessions) and 28 (context management, of which only FlushContext is used).

/// <summary>TPM2_StartAuthSession, Part 3, 11.1. Use <see cref="TpmSession"/>'s factories, which also derive the session key.</summary>
internal sealed class StartAuthSession : TpmCommand<StartAuthSessionResponse>
{
    public TpmHandle TpmKey { get; init; } = TpmHandle.Null;

    public TpmHandle Bind { get; init; } = TpmHandle.Null;

    public required byte[] NonceCaller { get; init; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET; empty for an unsalted session.</summary>
    public byte[] EncryptedSalt { get; init; } = [];

    public required TpmSe SessionType { get; init; }

    public required TpmtSymDef Symmetric { get; init; }

    public required TpmAlgId AuthHash { get; init; }

    internal override TpmCc Code => TpmCc.StartAuthSession;

    internal override IReadOnlyList<TpmHandle> Handles => [TpmKey, Bind];

    internal override bool LoadsHandle => true;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(NonceCaller);
        writer.WriteTpm2b(EncryptedSalt);
        writer.WriteU8((byte)SessionType);
        Symmetric.Write(writer);
        writer.WriteAlg(AuthHash);
    }

    internal override StartAuthSessionResponse ReadResponse(uint handle, TpmReader reader) => new(handle, reader.ReadTpm2b());
}

internal sealed record StartAuthSessionResponse(uint SessionHandle, byte[] NonceTpm);

/// <summary>TPM2_FlushContext, Part 3, 28.4.</summary>
public sealed class FlushContext : TpmCommand
{
    /// <summary>A transient object or a session. On the wire it is a parameter, not a handle.</summary>
    public required uint FlushHandle { get; init; }

    internal override TpmCc Code => TpmCc.FlushContext;

    internal override void WriteParameters(TpmWriter writer) => writer.WriteU32(FlushHandle);
}

/// <summary>TPM2_EvictControl, Part 3, 28.5: makes an object persistent, or a persistent one go.</summary>
public sealed class EvictControl : TpmCommand
{
    /// <summary>The owner (or platform).</summary>
    public required TpmHandle Auth { get; init; }

    public required TpmHandle ObjectHandle { get; init; }

    /// <summary>The persistent handle, 0x81xxxxxx.</summary>
    public required uint PersistentHandle { get; init; }

    internal override TpmCc Code => TpmCc.EvictControl;

    internal override IReadOnlyList<TpmHandle> Handles => [Auth, ObjectHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer) => writer.WriteU32(PersistentHandle);
}
