using System.Collections.Generic;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>What a session of PowerShell remembers of Migration Authorities, in memory alone: which one Connect-MaService chose, and the tokens it has.</summary>
internal sealed class MaSession
{
    private static readonly ConditionalWeakTable<Runspace, MaSession> Sessions = new();

    private readonly Dictionary<MaTokenKey, MaToken> _tokens = [];

    /// <summary>That of the session in which this is called.</summary>
    internal static MaSession Current => Runspace.DefaultRunspace is { } runspace ? Sessions.GetValue(runspace, _ => new MaSession()) : new MaSession();

    /// <summary>The service that Connect-MaService chose; null before.</summary>
    internal MaServiceAddress? Address { get; private set; }

    /// <summary>The storage key that it chose with that; null for the storage root key.</summary>
    internal string? Parent { get; private set; }

    /// <summary>Certificates above the endorsement certificate, in DER.</summary>
    internal IReadOnlyList<byte[]> HigherCertificates { get; private set; } = [];

    internal void Choose(MaServiceAddress address, string? parent, IReadOnlyList<byte[]> higherCertificates) =>
        (Address, Parent, HigherCertificates) = (address, parent, higherCertificates);

    internal MaToken? Find(MaTokenKey key) => _tokens.TryGetValue(key, out MaToken? token) && token.SeemsGood ? token : null;

    internal void Keep(MaTokenKey key, MaToken token)
    {
        if (_tokens.TryGetValue(key, out MaToken? before)) before.Clear();
        _tokens[key] = token;
    }
}

/// <summary>What a token is for.</summary>
/// <param name="Address">The service.</param>
/// <param name="Tpm">The TPM, by its connection string; empty for the platform's.</param>
/// <param name="Store">The folder of the key store.</param>
/// <param name="Parent">The storage key; null for the storage root key.</param>
internal sealed record MaTokenKey(MaServiceAddress Address, string Tpm, string Store, string? Parent);
