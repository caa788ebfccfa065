using System;

namespace TpmMigration.Keys;

/// <summary>The passwords one piece of work may use, as UTF-8 bytes. Cleared when disposed; empty stands for no password.</summary>
public sealed class KeyPasswords : IDisposable
{
    public byte[] Key { get; init; } = [];

    public byte[] Parent { get; init; } = [];

    /// <summary>The TPM Owner's.</summary>
    public byte[] Owner { get; init; } = [];

    public void Dispose()
    {
        Array.Clear(Key, 0, Key.Length);
        Array.Clear(Parent, 0, Parent.Length);
        Array.Clear(Owner, 0, Owner.Length);
    }
}
