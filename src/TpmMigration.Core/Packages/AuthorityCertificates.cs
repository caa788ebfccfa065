using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Packages;

/// <summary>
/// Holds the certificates of a key's Migration Selection Authorities against its policy. They give the keys in the policy a name that people
/// know; one of somebody else would give them a false one.
/// </summary>
internal sealed class AuthorityCertificates
{
    // Many keys of a package come with the same certificates.
    private readonly Dictionary<string, string?> _names = [];

    /// <param name="policy">The branches of the key's policy.</param>
    /// <param name="certificates">X.509 in DER.</param>
    /// <returns>Why they do not belong together; null if they do.</returns>
    internal string? Problem(IReadOnlyList<IReadOnlyList<PolicyStep>> policy, IReadOnlyList<byte[]> certificates)
    {
        HashSet<string> named;
        try
        {
            named = [.. policy.SelectMany(branch => branch).Where(step => (TpmCc)step.CommandCode is TpmCc.PolicyAuthorize or TpmCc.PolicySigned).Select(step => Hex.Format(PolicyBranches.ReadReferenceAndName(step).Name))];
        }
        catch (TpmWireException e)
        {
            return "its policy cannot be read. " + e.Message;
        }
        foreach (byte[] certificate in certificates)
        {
            if (NameOf(certificate) is not { } name) return "one of them is no certificate, or one of a key that no policy can name.";
            if (!named.Contains(name)) return "one of them is of somebody whom the key's policy does not name.";
        }
        return null;
    }

    /// <returns>The TPM name in hexadecimal; null if there is none.</returns>
    private string? NameOf(byte[] certificate)
    {
        string id = Convert.ToBase64String(certificate);
        if (_names.TryGetValue(id, out string? known)) return known;
        string? name;
        try
        {
            name = Hex.Format(ExternalKey.ToPublicArea(new CertificateIdentity([certificate]).Key).Name);
        }
        catch (SignatureException)
        {
            name = null;
        }
        _names.Add(id, name);
        return name;
    }
}
