using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Signatures;

namespace TpmMigration.Approvals;

/// <summary>Weighs a signer against the entries of a register, for one role at one time.</summary>
internal sealed class TrustJudge
{
    private readonly IReadOnlyList<TrustEntry> _entries;
    private readonly TrustRole _role;
    private readonly DateTime _utc;

    internal TrustJudge(IReadOnlyList<TrustEntry> entries, TrustRole role, DateTime utc)
    {
        if (role is not (TrustRole.PackageSigner or TrustRole.MigrationAuthority or TrustRole.MigrationSelectionAuthority))
            throw new ArgumentException("A signer is weighed for one role.", nameof(role));
        (_entries, _role, _utc) = (entries, role, utc);
    }

    internal TrustVerdict Judge(SignerIdentity signer, SignerIdentity? own)
    {
        // Its own key signs what this machine wrote itself, and nothing in the name of an authority.
        if (own != null && own.Equals(signer) && _role == TrustRole.PackageSigner)
            return new TrustVerdict(TrustStanding.OwnPlatform, null, "This machine signed it itself.");
        // What was registered of the signer itself stands, whatever its issuers are registered for.
        if (_entries.FirstOrDefault(e => e.Signer.Equals(signer)) is { } registered) return Direct(signer, registered);
        return signer is CertificateIdentity certificate ? ThroughIssuers(certificate) : Unknown(signer);
    }

    private TrustVerdict Direct(SignerIdentity signer, TrustEntry entry)
    {
        if (signer is CertificateIdentity certificate)
        {
            if (!certificate.MaySign) return NotForSigning(certificate, entry);
            if (_utc < certificate.NotBefore) return Untimely(TrustStanding.NotYetValid, entry, certificate.Subject, certificate.NotBefore);
            if (_utc > certificate.NotAfter) return Untimely(TrustStanding.Expired, entry, certificate.Subject, certificate.NotAfter);
        }
        return ForRole(entry, $"'{signer.Description}' is registered as '{entry.Name}'.");
    }

    private TrustVerdict ThroughIssuers(CertificateIdentity signer)
    {
        List<TrustEntry> authorities = _entries.Where(e => e.IncludesIssued).ToList();
        if (authorities.Count == 0) return Unknown(signer);
        var loaded = new List<X509Certificate2>();
        try
        {
            loaded.AddRange(signer.Certificates.Concat(authorities.Select(Der)).Select(CertificateChain.Load));
            using var chain = new CertificateChain(loaded[0], loaded.Skip(1), _utc);
            // The best answer counts: one authority may be registered for this role, and another of the chain for something else.
            return authorities.Select(a => (Authority: a, Index: chain.IndexOf(Der(a)))).Where(a => a.Index > 0)
                .Select(a => Through(signer, a.Authority, chain, a.Index)).OrderByDescending(v => v.IsTrusted).ThenBy(v => v.Standing == TrustStanding.Unknown).FirstOrDefault() ?? Unknown(signer);
        }
        catch (CryptographicException)
        {
            return new TrustVerdict(TrustStanding.Unknown, null, $"A certificate of '{signer.Description}' cannot be read by this platform, so it is not known who issued it.");
        }
        finally
        {
            loaded.ForEach(c => c.Dispose());
        }
    }

    private TrustVerdict Through(CertificateIdentity signer, TrustEntry authority, CertificateChain chain, int index)
    {
        IReadOnlyList<X509ChainStatusFlags> problems = chain.ProblemsUpTo(index);
        List<X509ChainStatusFlags> others = problems.Where(p => p != X509ChainStatusFlags.NotTimeValid).ToList();
        if (others.Count != 0)
            return new TrustVerdict(TrustStanding.Unknown, null, $"The chain from '{signer.Description}' to '{authority.Name}' does not hold: {string.Join(", ", others)}.");
        if (!signer.MaySign) return NotForSigning(signer, authority);
        foreach (X509Certificate2 certificate in chain.UpTo(index))
        {
            DateTime from = certificate.NotBefore.ToUniversalTime(), until = certificate.NotAfter.ToUniversalTime();
            if (_utc < from) return Untimely(TrustStanding.NotYetValid, authority, certificate.Subject, from);
            if (_utc > until) return Untimely(TrustStanding.Expired, authority, certificate.Subject, until);
        }
        if (problems.Count != 0)
            return new TrustVerdict(TrustStanding.Expired, authority, $"A certificate between '{signer.Description}' and '{authority.Name}' is not valid at this time.");
        return ForRole(authority, $"The certificate of '{signer.Description}' was issued under '{authority.Name}'.");
    }

    private TrustVerdict ForRole(TrustEntry entry, string why) => entry.Roles.HasFlag(_role)
        ? new TrustVerdict(TrustStanding.Trusted, entry, why)
        : new TrustVerdict(TrustStanding.NotForThisRole, entry, $"{why} It is registered for {entry.Roles}, and this takes {_role}.");

    private static TrustVerdict NotForSigning(CertificateIdentity signer, TrustEntry entry) => new(
        TrustStanding.NotForThisRole, entry, $"The certificate of '{signer.Subject}' is not for signatures: its key usage has neither digitalSignature nor nonRepudiation.");

    private static TrustVerdict Untimely(TrustStanding standing, TrustEntry entry, string subject, DateTime bound) => new(
        standing,
        entry,
        FormattableString.Invariant($"The certificate of '{subject}' {(standing == TrustStanding.Expired ? "was valid until" : "is valid from")} {bound:yyyy-MM-dd HH:mm} UTC."));

    private TrustVerdict Unknown(SignerIdentity signer) => new(
        TrustStanding.Unknown, null, $"'{signer.Description}' is not registered on this machine. If it is to be trusted as {_role}, register it with Register-MigrationAuthority.");

    private static byte[] Der(TrustEntry entry) => ((CertificateIdentity)entry.Signer).Certificates[0];
}
