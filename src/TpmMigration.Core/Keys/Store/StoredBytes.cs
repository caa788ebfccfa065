using System;
using System.IO;

namespace TpmMigration.Keys;

/// <summary>The two files of a key as bytes, or why they could not be had.</summary>
internal sealed class StoredBytes
{
    private readonly string _name;
    private readonly byte[]? _keyFile;
    private readonly byte[]? _record;
    private readonly string? _problem;

    private StoredBytes(string name, byte[]? keyFile, byte[]? record, string? problem) =>
        (_name, _keyFile, _record, _problem) = (name, keyFile, record, problem);

    public static (byte[] KeyFile, byte[] Record) Write(StoredKey key)
    {
        byte[] keyFile = (key.KeyFile with { DuplicationPolicy = key.Record.PolicyBranches.Count > 0 ? key.Record.PolicyBranches : null }).ToPem();
        return (keyFile, KeyRecordXml.Write(key.Record, KeyRecordXml.Hash(keyFile)));
    }

    public static StoredBytes Read(StorePaths paths, string name)
    {
        if (!KeyName.IsValid(name)) return new StoredBytes(name, null, null, "its name is not one for a key; give its files another name, outside of the store, to get rid of it");
        string? problem = ReadFile(paths.Key(name), TpmKeyFile.MaxBytes, "key file", out byte[]? keyFile);
        byte[]? record = null;
        if (problem is null) problem = ReadFile(paths.Record(name), KeyRecordXml.MaxBytes, "record", out record);
        return new StoredBytes(name, keyFile, record, problem);
    }

    public KeyStoreEntry Parse(StorePaths paths)
    {
        if (_problem != null || _keyFile is null || _record is null) return Damaged(paths, _problem ?? "its files are not there");
        try
        {
            (KeyRecord record, string keyFileHash) = KeyRecordXml.Read(_record);
            if (!string.Equals(record.Name, _name, StringComparison.Ordinal)) return Damaged(paths, $"its record is that of the key '{record.Name}'");
            if (keyFileHash != KeyRecordXml.Hash(_keyFile)) return Damaged(paths, "its key file is not the one its record was written for");
            return new KeyStoreEntry(_name, new StoredKey(record, TpmKeyFile.FromPem(_keyFile)));
        }
        catch (FormatException e)
        {
            return Damaged(paths, $"its record is not usable: {e.Message}", e);
        }
        catch (KeyFileException e)
        {
            return Damaged(paths, $"its key file is not usable: {e.Message}", e);
        }
    }

    /// <summary>The entry of a key whose name another key has, but for case.</summary>
    public static KeyStoreEntry Twin(string name, string other) => new(name, new KeyStoreException(KeyStoreFault.KeyDamaged,
        $"The key '{name}' is not used: '{other}' differs from it in case only. Rename the files of one of them and import it anew.") { KeyName = name });

    private KeyStoreEntry Damaged(StorePaths paths, string why, Exception? cause = null) => new(_name, new KeyStoreException(KeyStoreFault.KeyDamaged,
        $"The key '{_name}' in '{paths.Root}' cannot be used: {why.TrimEnd('.')}. Restore {_name}{StorePaths.KeyExtension} and {_name}{StorePaths.RecordExtension} together from a backup, or remove the key and import it again.", cause) { KeyName = _name });

    private static string? ReadFile(string path, int limit, string what, out byte[]? content)
    {
        content = null;
        if (!File.Exists(path)) return Directory.Exists(path) ? $"a folder is in the place of its {what}" : $"its {what} is missing";
        if (StorePaths.IsLink(path)) return $"its {what} is a link, which is not followed";
        try
        {
            // Read whole: a buffer in between would only cost memory.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            if (stream.Length > limit) return $"its {what} has {stream.Length} bytes, more than {limit}";
            content = new byte[stream.Length];
            int count = 0, read;
            while (count < content.Length && (read = stream.Read(content, count, content.Length - count)) > 0) count += read;
            return count == content.Length ? null : $"its {what} changed while it was read";
        }
        catch (UnauthorizedAccessException e)
        {
            return $"its {what} may not be read: {e.Message}";
        }
        catch (IOException e)
        {
            return $"its {what} cannot be read: {e.Message}";
        }
    }
}
