using System;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Recovery;

namespace TpmMigration.Cmdlets;

/// <summary>Recovery agents, passphrases and releases as users give them.</summary>
internal static class RecoveryInput
{
    /// <summary>Agents by their certificates, which must be valid now.</summary>
    /// <exception cref="RecoveryException">A certificate cannot be an agent's.</exception>
    internal static RecoveryAgent[] Agents(PSCmdlet cmdlet, object[] certificates) => Array.ConvertAll(certificates, certificate =>
    {
        var agent = new RecoveryAgent(CertificateInput.Read(cmdlet, certificate));
        agent.RequireUsable(DateTime.UtcNow);
        return agent;
    });

    /// <summary>Null where neither was given: an export without inner wrap.</summary>
    /// <param name="cmdlet">Resolves paths.</param>
    /// <param name="agents">Certificates.</param>
    /// <param name="passphrase">UTF-8; null for none. Still the caller's.</param>
    internal static RecoveryRecipients? Recipients(PSCmdlet cmdlet, object[]? agents, byte[]? passphrase)
    {
        if (agents == null && passphrase == null) return null;
        // Given and empty, it is no choice of somebody who wants none.
        if (passphrase is { Length: 0 }) throw new RecoveryException(RecoveryFault.WeakPassphrase, "The recovery passphrase is empty. Choose one of six words, or leave the parameter out.");
        return new RecoveryRecipients(Agents(cmdlet, agents ?? []), passphrase ?? []);
    }

    /// <summary>What opens inner wraps; the caller disposes it.</summary>
    /// <exception cref="RecoveryException">A release is no release document.</exception>
    internal static RecoveryMeans Means(PSCmdlet cmdlet, object[]? releases, SecureString? passphrase) => new(
        SecureText.ToUtf8(passphrase),
        DocumentInput.FromMany(cmdlet, releases ?? []).Select(document => ReleaseDocument.Read(document.Text())).ToList());
}
