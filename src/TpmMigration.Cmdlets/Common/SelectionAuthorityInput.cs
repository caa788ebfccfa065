using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>
/// Migration Selection Authorities as users name them: the name of a registered one, the file of a certificate or public key, or a
/// certificate object.
/// </summary>
internal static class SelectionAuthorityInput
{
    /// <exception cref="SignatureException">A key is none that every TPM verifies.</exception>
    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    /// <exception cref="TrustRegisterException">The register cannot be read.</exception>
    internal static IReadOnlyList<SelectionAuthority> Read(PSCmdlet cmdlet, IReadOnlyList<object> inputs, string? trustRegister)
    {
        List<SelectionAuthority> authorities = [];
        TrustRegister? register = null;
        foreach (object input in inputs)
        {
            object value = input is PSObject wrapped ? wrapped.BaseObject : input;
            if (value is not string named)
                authorities.Add(SelectionAuthority.FromCertificate(CertificateInput.Read(cmdlet, input)));
            else if ((register ??= TrustRegisterInput.Open(cmdlet, trustRegister)).Find(named) is { } entry)
                authorities.Add(Registered(entry));
            else
                authorities.Add(SelectionAuthorityFile.Read(CertificateFiles.Content(cmdlet.GetUnresolvedProviderPathFromPSPath(named))));
        }
        return authorities;
    }

    private static SelectionAuthority Registered(TrustEntry entry)
    {
        if (!entry.Roles.HasFlag(TrustRole.MigrationSelectionAuthority))
            throw new ArgumentException($"'{entry.Name}' is registered for {entry.Roles}, and not as MigrationSelectionAuthority. Register it for that role with Register-MigrationAuthority -Force, or name the authority's certificate.");
        if (entry.IncludesIssued)
            throw new ArgumentException($"'{entry.Name}' stands for all to whom it issued certificates, and the policy of a key names single authorities. Name the authority's own certificate.");
        return entry.Signer is CertificateIdentity certificate
            ? SelectionAuthority.Of(certificate)
            : throw new ArgumentException($"'{entry.Name}' is a platform. A Migration Selection Authority has a certificate.");
    }
}
