using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// What a recovery agent does with the own private key: release packages to destinations, and hand them to further agents. No TPM is needed.
/// </summary>
public sealed class AgentKey
{
    private readonly CertificateSigner _signer;
    private readonly RecoveryAgent _agent;

    /// <param name="signer">The agent's certificate and key; still the caller's.</param>
    /// <exception cref="RecoveryException">The certificate cannot be an agent's.</exception>
    public AgentKey(CertificateSigner signer)
    {
        _signer = signer;
        _agent = new RecoveryAgent(((CertificateIdentity)signer.Identity).Certificates[0]);
    }

    /// <summary>Sees to it that the agent can release a package to a destination, before the key is used.</summary>
    /// <param name="package">The package.</param>
    /// <param name="destination">Where its keys are to go.</param>
    /// <param name="decisions">Approvals and denials of authorities, besides those in the package.</param>
    /// <exception cref="RecoveryException">The agent is none of the package's, or the destination takes no release of it.</exception>
    /// <exception cref="ApprovalException">Somebody who must approve the destination has not.</exception>
    public void RequireCanRelease(MigrationPackage package, MigrationDestination destination, IReadOnlyList<SelectionApproval>? decisions = null)
    {
        _ = Find(package);
        ReleaseRules.Require(package, destination, decisions ?? []);
    }

    /// <summary>Releases a package to a destination.</summary>
    /// <param name="package">Of which the agent is one of the recovery agents.</param>
    /// <param name="destination">Its TPM alone will open the release.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="decisions">Approvals and denials of authorities, besides those in the package.</param>
    /// <returns>The release and its document.</returns>
    /// <exception cref="RecoveryException">The agent is none of the package's, or what the package holds for it does not open.</exception>
    /// <exception cref="SignerException">What holds the agent's key failed.</exception>
    public (RecoveryRelease Release, string Document) Release(MigrationPackage package, MigrationDestination destination, string reason, IReadOnlyList<SelectionApproval>? decisions = null)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new ArgumentException("A release gives its reason.", nameof(reason));
        RequireCanRelease(package, destination, decisions);
        using RecoveryKey key = Open(package);
        var release = new RecoveryRelease(SealedSecret.Wrap(destination.Parent, key.Secret), null)
        {
            Id = Guid.NewGuid(),
            Created = StoredKeys.Now(),
            Reason = reason,
            PackageId = package.Id,
            DestinationHost = destination.HostName,
            DestinationName = destination.Parent.Name,
        };
        string document = ReleaseDocument.Write(release, _signer);
        return (ReleaseDocument.Read(document), document);
    }

    /// <summary>The package with further recovery agents; its signature is gone, and the agent is to sign it anew.</summary>
    /// <param name="package">Of which the agent is one of the recovery agents.</param>
    /// <param name="further">Who is to open it too.</param>
    /// <exception cref="RecoveryException">The agent is none of the package's, what the package holds for it does not open, or a further one is an agent already.</exception>
    /// <exception cref="SignerException">What holds the agent's key failed.</exception>
    public MigrationPackage AddAgents(MigrationPackage package, IReadOnlyList<RecoveryAgent> further)
    {
        RequireCanAdd(package, further);
        using RecoveryKey key = Open(package);
        PackageInnerWrap wrap = package.InnerWrap!;
        IEnumerable<PackageRecoveryAgent> added = further.Select(agent => new PackageRecoveryAgent(agent.Certificate, agent.Seal(key)));
        return package with { InnerWrap = wrap with { Agents = [.. wrap.Agents, .. added] }, Signature = null };
    }

    /// <summary>Sees to it that the agents can be added, before the key is used.</summary>
    /// <exception cref="RecoveryException">The own agent is none of the package's, or a further one is an agent already.</exception>
    public void RequireCanAdd(MigrationPackage package, IReadOnlyList<RecoveryAgent> further)
    {
        _ = Find(package);
        IReadOnlyList<PackageRecoveryAgent> present = package.InnerWrap!.Agents;
        foreach (RecoveryAgent agent in further)
        {
            if (present.Any(p => SecretBytes.FixedTimeEquals(p.Certificate, agent.Certificate)) || further.Count(agent.Equals) > 1)
                throw new RecoveryException(RecoveryFault.AgentTwice, $"'{agent.Subject}' is a recovery agent of the package already, or is named twice. Name only new agents, each once.");
        }
        if (present.Count + further.Count > PackageInnerWrap.MostAgents)
            throw new ArgumentException($"A package names at most {PackageInnerWrap.MostAgents} recovery agents.");
    }

    private RecoveryKey Open(MigrationPackage package)
    {
        byte[]? secret = AgentEnvelope.TryOpen(Find(package).Envelope, _agent.Key, _signer.Key);
        if (secret?.Length == RecoveryKey.Size) return RecoveryKey.From(secret);
        SecretBytes.Clear(secret);
        throw new RecoveryException(RecoveryFault.EnvelopeDamaged, $"What the package holds for '{_agent.Subject}' does not open with that agent's key: it was made for another key, or damaged. Get the package anew, or have another of its agents release it.");
    }

    private PackageRecoveryAgent Find(MigrationPackage package)
    {
        PackageInnerWrap wrap = package.InnerWrap
            ?? throw new RecoveryException(RecoveryFault.NoInnerWrap, "The keys of the package have no inner wrap: the TPM it is for opens it without a release.");
        return wrap.Agents.FirstOrDefault(agent => SecretBytes.FixedTimeEquals(agent.Certificate, _agent.Certificate)) ?? throw NotAnAgent(wrap);
    }

    private RecoveryException NotAnAgent(PackageInnerWrap wrap)
    {
        List<string> subjects = RecoveryAgent.SubjectsOf(wrap).Take(5).ToList();
        string who = subjects.Count == 0 ? "It has none; its recovery passphrase opens it at the import." : $"Its agents are {string.Join(", ", subjects.Select(s => $"'{s}'"))}.";
        return new RecoveryException(RecoveryFault.NotAnAgent, $"'{_agent.Subject}' is no recovery agent of the package. {who}");
    }
}
