using System;
using TpmMigration.Signatures;

namespace TpmMigration.Approvals;

/// <summary>A document's signature holds, and its signer is not trusted for it here.</summary>
public sealed class UntrustedSignerException : Exception
{
    public UntrustedSignerException(SignerIdentity signer, TrustVerdict verdict)
        : base($"The signer is not trusted here: {verdict.Reason}")
    {
        Signer = signer;
        Verdict = verdict;
    }

    public SignerIdentity Signer { get; }

    public TrustVerdict Verdict { get; }
}
