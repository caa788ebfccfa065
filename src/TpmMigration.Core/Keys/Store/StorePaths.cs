using System;
using System.IO;

namespace TpmMigration.Keys;

/// <summary>Where things are in a store's folder. Names of keys never begin with a dot, so the store's own files cannot be taken for keys.</summary>
internal sealed class StorePaths
{
    public const string KeyExtension = ".pem", RecordExtension = ".xml", DataExtension = ".data";

    public StorePaths(string root) => Root = root;

    public string Root { get; }

    /// <summary>The new files of a commit that is not yet, or not yet fully, applied.</summary>
    public string Staging => Path.Combine(Root, ".staging");

    public string Journal => Path.Combine(Root, ".journal");

    /// <summary>The journal while it is written; renaming it to <see cref="Journal"/> is the moment of the commit.</summary>
    public string NewJournal => Path.Combine(Root, ".journal.new");

    /// <summary>When which key was last exported.</summary>
    public string Exports => Path.Combine(Root, ".exports");

    /// <summary>The same while it is written.</summary>
    public string NewExports => Path.Combine(Root, ".exports.new");

    /// <summary>The approvals that are good for one package and were used.</summary>
    public string UsedApprovals => Path.Combine(Root, ".approvals");

    /// <summary>The same while it is written.</summary>
    public string NewUsedApprovals => Path.Combine(Root, ".approvals.new");

    /// <summary>The file name of the list of keys that moved away.</summary>
    public const string MigratedName = ".migrated";

    public string Migrated => Path.Combine(Root, MigratedName);

    /// <summary>Says who writes, or wrote last; on Windows also the lock itself.</summary>
    public string Lock => Path.Combine(Root, ".lock");

    public string Key(string name) => Path.Combine(Root, name + KeyExtension);

    public string Record(string name) => Path.Combine(Root, name + RecordExtension);

    /// <summary>The encrypted data of a key; only there if it has any.</summary>
    public string Data(string name) => Path.Combine(Root, name + DataExtension);

    /// <summary>The sealed data key for a TPM, told by the TPM name of its storage root key.</summary>
    public string DataKey(byte[] rootName) => Path.Combine(Root, ".datakey-" + Tpm.Hex.Format(rootName).Substring(4, 16));

    /// <summary>A data key while it is written.</summary>
    public string NewDataKey => Path.Combine(Root, ".datakey.new");

    public bool HasUnfinishedCommit => File.Exists(Journal) || File.Exists(NewJournal) || Directory.Exists(Staging);

    /// <summary>The name of the key that a file belongs to, or null if it is no file of a key.</summary>
    public static string? KeyNameOf(string fileName)
    {
        string extension = Path.GetExtension(fileName);
        bool isOfKey = IsOneOf(extension, KeyExtension, RecordExtension, DataExtension);
        return isOfKey && fileName[0] != '.' ? Path.GetFileNameWithoutExtension(fileName) : null;
    }

    private static bool IsOneOf(string extension, params string[] known) => Array.Exists(known, k => string.Equals(extension, k, StringComparison.OrdinalIgnoreCase));

    /// <summary>A link in the place of a store file would make us read or write somewhere else.</summary>
    public static bool IsLink(string path) => (File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0;
}
