using System;

namespace TpmMigration.Keys;

/// <summary>How a key store behaves.</summary>
public sealed class KeyStoreOptions
{
    /// <summary>How long to wait for another program that uses the store.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The file operations; tests replace them to fail or die at a chosen one.</summary>
    internal StoreFiles Files { get; init; } = new();
}
