using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clauses 14 (asymmetric primitives), 18 (attestation) and 20 (signing).

/// <summary>TPM2_RSA_Decrypt, Part 3, 14.3. Its response is secret.</summary>
public sealed class RsaDecrypt : TpmCommand<byte[]>
{
    public required TpmHandle KeyHandle { get; init; }

    public required byte[] CipherText { get; init; }

    public TpmtScheme InScheme { get; init; } = TpmtScheme.Null;

    /// <summary>The OAEP label, with its terminating zero byte, or empty.</summary>
    public byte[] Label { get; init; } = [];

    internal override TpmCc Code => TpmCc.RsaDecrypt;

    internal override IReadOnlyList<TpmHandle> Handles => [KeyHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(CipherText);
        InScheme.Write(writer);
        writer.WriteTpm2b(Label);
    }

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}

/// <summary>TPM2_ECDH_ZGen, Part 3, 14.5. Its response is secret.</summary>
public sealed class EcdhZGen : TpmCommand<TpmsEccPoint>
{
    public required TpmHandle KeyHandle { get; init; }

    public required TpmsEccPoint InPoint { get; init; }

    internal override TpmCc Code => TpmCc.EcdhZGen;

    internal override IReadOnlyList<TpmHandle> Handles => [KeyHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        using (writer.PushTpm2b())
            InPoint.Write(writer);
    }

    internal override TpmsEccPoint ReadResponse(uint handle, TpmReader reader)
    {
        TpmReader inner = reader.ReadTpm2bScope();
        TpmsEccPoint point = TpmsEccPoint.Read(inner);
        inner.EnsureEnd("The point");
        return point;
    }
}

/// <summary>TPM2_Certify, Part 3, 18.2. Authorizes the object (ADMIN role), then the signing key.</summary>
public sealed class Certify : TpmCommand<CertifyResponse>
{
    public required TpmHandle ObjectHandle { get; init; }

    public required TpmHandle SignHandle { get; init; }

    /// <summary>At most a digest's size in bytes; comes back in the signed statement.</summary>
    public byte[] QualifyingData { get; init; } = [];

    public TpmtScheme InScheme { get; init; } = TpmtScheme.Null;

    internal override TpmCc Code => TpmCc.Certify;

    internal override IReadOnlyList<TpmHandle> Handles => [ObjectHandle, SignHandle];

    internal override int AuthorizedHandles => 2;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(QualifyingData);
        InScheme.Write(writer);
    }

    internal override CertifyResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), TpmtSignature.Read(reader));
}

/// <summary>TPM2_CertifyCreation, Part 3, 18.3. Authorizes the signing key alone: who has the ticket needs no use of the object.</summary>
public sealed class CertifyCreation : TpmCommand<CertifyResponse>
{
    public required TpmHandle SignHandle { get; init; }

    public required TpmHandle ObjectHandle { get; init; }

    /// <summary>As of <see cref="Certify"/>.</summary>
    public byte[] QualifyingData { get; init; } = [];

    /// <summary>The digest of the creation data by the object's name algorithm.</summary>
    public required byte[] CreationHash { get; init; }

    public TpmtScheme InScheme { get; init; } = TpmtScheme.Null;

    public required TpmtTicket CreationTicket { get; init; }

    internal override TpmCc Code => TpmCc.CertifyCreation;

    internal override IReadOnlyList<TpmHandle> Handles => [SignHandle, ObjectHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(QualifyingData);
        writer.WriteTpm2b(CreationHash);
        InScheme.Write(writer);
        CreationTicket.Write(writer);
    }

    internal override CertifyResponse ReadResponse(uint handle, TpmReader reader) => new(reader.ReadTpm2b(), TpmtSignature.Read(reader));
}

/// <param name="CertifyInfo">The signed TPMS_ATTEST.</param>
/// <param name="Signature">The signature over its digest.</param>
public sealed record CertifyResponse(byte[] CertifyInfo, TpmtSignature Signature);

/// <summary>TPM2_VerifySignature, Part 3, 20.1.</summary>
public sealed class VerifySignature : TpmCommand<TpmtTicket>
{
    public required TpmHandle KeyHandle { get; init; }

    public required byte[] Digest { get; init; }

    public required TpmtSignature Signature { get; init; }

    internal override TpmCc Code => TpmCc.VerifySignature;

    internal override IReadOnlyList<TpmHandle> Handles => [KeyHandle];

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(Digest);
        Signature.Write(writer);
    }

    internal override TpmtTicket ReadResponse(uint handle, TpmReader reader) => TpmtTicket.Read(reader);
}

/// <summary>TPM2_Sign, Part 3, 20.2.</summary>
public sealed class Sign : TpmCommand<TpmtSignature>
{
    public required TpmHandle KeyHandle { get; init; }

    public required byte[] Digest { get; init; }

    public TpmtScheme InScheme { get; init; } = TpmtScheme.Null;

    internal override TpmCc Code => TpmCc.Sign;

    internal override IReadOnlyList<TpmHandle> Handles => [KeyHandle];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteTpm2b(Digest);
        InScheme.Write(writer);
        TpmtTicket.NullHashCheck.Write(writer);
    }

    internal override TpmtSignature ReadResponse(uint handle, TpmReader reader) => TpmtSignature.Read(reader);
}
