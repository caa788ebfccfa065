using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Packages;

namespace TpmMigration.Recovery;

/// <summary>To whom the key of an inner wrap is handed: any one of them opens it, and none of them has the new parent.</summary>
public sealed class RecoveryRecipients
{
    /// <param name="agents">The agents' certificates.</param>
    /// <param name="passphrase">UTF-8; empty for none. Still the caller's.</param>
    /// <exception cref="RecoveryException">An agent is named twice, or the passphrase is too short.</exception>
    /// <exception cref="ArgumentException">There are neither agents nor a passphrase, or too many agents.</exception>
    public RecoveryRecipients(IReadOnlyList<RecoveryAgent> agents, byte[] passphrase)
    {
        if (agents.Count == 0 && passphrase.Length == 0)
            throw new ArgumentException("An inner wrap needs somebody who can open it: a recovery agent or a recovery passphrase.");
        if (agents.Count > PackageInnerWrap.MostAgents)
            throw new ArgumentException($"A package names at most {PackageInnerWrap.MostAgents} recovery agents.");
        if (agents.Distinct().Count() != agents.Count)
            throw new RecoveryException(RecoveryFault.AgentTwice, "A recovery agent is named twice. Name each once.");
        if (passphrase.Length != 0) RecoveryPassphrase.RequireStrong(passphrase);
        Agents = agents;
        Passphrase = passphrase;
    }

    public IReadOnlyList<RecoveryAgent> Agents { get; }

    /// <summary>UTF-8; empty for none.</summary>
    internal byte[] Passphrase { get; }

    /// <summary>Hands the recovery key to each.</summary>
    internal PackageInnerWrap HandOver(RecoveryKey key) => new(
        Agents.Select(agent => new PackageRecoveryAgent(agent.Certificate, agent.Seal(key))).ToList(),
        Passphrase.Length == 0 ? null : RecoveryPassphrase.Seal(key, Passphrase));
}
