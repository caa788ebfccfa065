using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>
/// Gives the authorities in the policy of a key a name: the subject of the certificate that is kept with the key, else the name in the trust
/// register, else the TPM name. The register is opened only for a key that needs it.
/// </summary>
internal sealed class AuthorityNames
{
    private readonly Func<TrustRegister?> _open;
    private Dictionary<string, string>? _registered;

    private AuthorityNames(Func<TrustRegister?> open) => _open = open;

    /// <summary>Without a register.</summary>
    internal static AuthorityNames FromCertificates { get; } = new(() => null);

    /// <param name="cmdlet">Warns where the register cannot be read: an inventory goes on without it.</param>
    /// <param name="trustRegister">Null for this machine's register.</param>
    internal static AuthorityNames WithRegister(PSCmdlet cmdlet, string? trustRegister) => new(() =>
    {
        try
        {
            return TrustRegisterInput.Open(cmdlet, trustRegister);
        }
        catch (TrustRegisterException e)
        {
            cmdlet.WriteWarning("Authorities whose certificate is not kept with their key are shown by their TPM name. " + e.Message);
            return null;
        }
    });

    /// <param name="policy">Names the authorities.</param>
    /// <param name="certificates">X.509 in DER, as far as they are known.</param>
    /// <returns>In the order of the policy.</returns>
    internal string[] Of(SelectionPolicy policy, IReadOnlyList<byte[]> certificates)
    {
        Dictionary<string, string> known = [];
        foreach (byte[] certificate in certificates) Add(known, () => SelectionAuthority.FromCertificate(certificate), authority => authority.Description);
        return policy.Authorities.Select(Hex.Format).Select(name =>
            known.TryGetValue(name, out string? subject) ? subject
            : (_registered ??= Registered()).TryGetValue(name, out string? registered) ? registered
            : name).ToArray();
    }

    private Dictionary<string, string> Registered()
    {
        Dictionary<string, string> names = [];
        foreach (TrustEntry entry in _open()?.Entries ?? [])
        {
            if (entry.Roles.HasFlag(TrustRole.MigrationSelectionAuthority) && !entry.IncludesIssued && entry.Signer is CertificateIdentity certificate)
                Add(names, () => SelectionAuthority.Of(certificate), _ => entry.Name);
        }
        return names;
    }

    /// <summary>Leaves out what no policy can name.</summary>
    private static void Add(Dictionary<string, string> names, Func<SelectionAuthority> read, Func<SelectionAuthority, string> describe)
    {
        try
        {
            SelectionAuthority authority = read();
            names[Hex.Format(authority.TpmName)] = describe(authority);
        }
        catch (SignatureException)
        {
            // A certificate of another key says nothing about this policy.
        }
    }
}
