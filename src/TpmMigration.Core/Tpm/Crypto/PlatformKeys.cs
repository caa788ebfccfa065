#if NET
using System;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>A key as the platform holds it, as often as it is used at a time: an instance of .NET's serves one thread.</summary>
internal sealed class PlatformKeys : IDisposable
{
    private readonly ConcurrentBag<ECDiffieHellman> _idle = [];
    private readonly Func<ECDiffieHellman> _make;
    private volatile bool _isDisposed;

    /// <param name="make">Makes another instance.</param>
    /// <param name="first">One that is there already.</param>
    internal PlatformKeys(Func<ECDiffieHellman> make, ECDiffieHellman? first = null)
    {
        _make = make;
        if (first != null) _idle.Add(first);
    }

    internal T Use<T>(Func<ECDiffieHellman, T> work)
    {
        if (!_idle.TryTake(out ECDiffieHellman? key)) key = _make();
        T result = work(key);
        _idle.Add(key);
        if (_isDisposed) Dispose();
        return result;
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryTake(out ECDiffieHellman? key)) key.Dispose();
    }
}
#endif
