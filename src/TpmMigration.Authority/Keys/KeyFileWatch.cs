using System;
using System.IO;
using System.Threading;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// Notices that the file of the keys was replaced, as `tpm-ma rotate` does, so that a service that runs goes on with the new ones. It is looked at
/// when somebody asks, which costs a look at its time and size.
/// </summary>
internal sealed class KeyFileWatch
{
    private readonly DataDirectory _directory;
    private readonly AuthorityKeys _keys;
    private readonly Action<Exception> _failed;
    private readonly Lock _lock = new();
    private (DateTime Written, long Size) _seen;

    /// <param name="directory">Where the file and the secret lie. The secret is not kept in memory.</param>
    /// <param name="keys">What was read of it.</param>
    /// <param name="failed">Takes why a file that was replaced cannot be used; once for each.</param>
    internal KeyFileWatch(DataDirectory directory, AuthorityKeys keys, Action<Exception> failed)
    {
        (_directory, _keys, _failed) = (directory, keys, failed);
        _keys.Refresh = Look;
    }

    /// <summary>Whether the keys in use are those in the file.</summary>
    internal bool IsCurrent { get; private set; } = true;

    /// <summary>Takes over what is new.</summary>
    internal void Look()
    {
        if (Stamp() == _seen) return;
        lock (_lock)
        {
            // Of what is there now or later, never of what was there before it was read.
            (DateTime, long) stamp = Stamp();
            if (stamp == _seen) return;
            byte[]? secret = null;
            try
            {
                secret = _directory.ReadSecret();
                _keys.Adopt(AuthorityKeyFile.Read(_directory.KeysPath, secret));
                IsCurrent = true;
            }
            catch (Exception e) when (e is DataDirectoryException or IOException or UnauthorizedAccessException)
            {
                IsCurrent = false;
                _failed(e);
            }
            finally
            {
                SecretBytes.Clear(secret);
                _seen = stamp;
            }
        }
    }

    private (DateTime Written, long Size) Stamp()
    {
        var file = new FileInfo(_directory.KeysPath);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}
