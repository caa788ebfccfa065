using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using TpmMigration.Keys;
using TpmMigration.Signatures;

namespace TpmMigration.Approvals;

/// <summary>The signers that this machine trusts, and for what. Administrators write it, everybody may read it.</summary>
public sealed class TrustRegister
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TrustFile _file;

    private TrustRegister(TrustFile file, IReadOnlyList<TrustEntry> entries) => (_file, Entries) = (file, entries);

    /// <summary>TPMMIGRATION_TRUST, else the register of this machine.</summary>
    public static string DefaultPath => Environment.GetEnvironmentVariable("TPMMIGRATION_TRUST") is { Length: > 0 } chosen ? chosen : MachinePath;

    /// <summary>%ProgramData%\TpmMigration\trust.xml or /etc/tpm-migration/trust.xml.</summary>
    public static string MachinePath => UnixCalls.Available
        ? "/etc/tpm-migration/trust.xml"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "TpmMigration", "trust.xml");

    public string FilePath => _file.FullPath;

    /// <summary>By name.</summary>
    public IReadOnlyList<TrustEntry> Entries { get; private set; }

    /// <summary>Reads a register. A file that does not exist is an empty one; the first entry creates it.</summary>
    /// <param name="path">Null for <see cref="DefaultPath"/>.</param>
    /// <exception cref="TrustRegisterException">It is damaged, cannot be read, or could have been changed by others than administrators.</exception>
    public static TrustRegister Open(string? path = null)
    {
        var file = new TrustFile(path ?? DefaultPath);
        return new TrustRegister(file, file.Read(TrustRegisterXml.Read) ?? []);
    }

    /// <summary>The entry of a name, in upper or lower case; null if there is none.</summary>
    public TrustEntry? Find(string name) => Entries.FirstOrDefault(e => TrustEntry.NameComparer.Equals(e.Name, name));

    /// <summary>Says whether an entry could be added, and changes nothing.</summary>
    /// <inheritdoc cref="Add"/>
    public void CheckAdd(TrustEntry entry, bool replace) => With(Entries, entry, replace);

    /// <summary>Registers a signer.</summary>
    /// <param name="entry">The signer.</param>
    /// <param name="replace">Whether it may take the place of another of its name.</param>
    /// <param name="cancellation">Heeded while another program changes the register.</param>
    /// <exception cref="TrustRegisterException">The name is taken, the signer registered under another, or the register cannot be written.</exception>
    public void Add(TrustEntry entry, bool replace, CancellationToken cancellation = default) => Change(entries => With(entries, entry, replace), cancellation);

    /// <summary>Takes a signer out.</summary>
    /// <param name="name">In upper or lower case.</param>
    /// <param name="cancellation">Heeded while another program changes the register.</param>
    /// <exception cref="TrustRegisterException">There is none of this name, or the register cannot be written.</exception>
    public void Remove(string name, CancellationToken cancellation = default) => Change(
        entries =>
        {
            List<TrustEntry> others = entries.Where(e => !TrustEntry.NameComparer.Equals(e.Name, name)).ToList();
            return others.Count < entries.Count ? others : throw NotFound(name);
        },
        cancellation);

    /// <summary>Whether what a signer signed may be used.</summary>
    /// <param name="signer">Who signed; the signature itself is verified elsewhere.</param>
    /// <param name="role">One role: what was signed.</param>
    /// <param name="utc">The time at which certificates must be valid.</param>
    /// <param name="own">This machine's own signing key, which is trusted for its own packages; null if it has none.</param>
    public TrustVerdict Judge(SignerIdentity signer, TrustRole role, DateTime utc, SignerIdentity? own) =>
        new TrustJudge(Entries, role, utc).Judge(signer, own);

    /// <summary>The error that says there is no such entry.</summary>
    public TrustRegisterException NotFound(string name) =>
        new(TrustRegisterFault.NotFound, $"No signer named '{name}' is registered in '{FilePath}'. Get-MigrationAuthority lists those that are.");

    private static List<TrustEntry> With(IReadOnlyList<TrustEntry> entries, TrustEntry entry, bool replace)
    {
        entry.Check();
        List<TrustEntry> others = entries.Where(e => !TrustEntry.NameComparer.Equals(e.Name, entry.Name)).ToList();
        if (others.Count < entries.Count && !replace)
            throw new TrustRegisterException(TrustRegisterFault.Exists, $"A signer named '{entry.Name}' is registered already. Choose another name, or replace it with -Force.");
        if (others.Find(e => e.Signer.Equals(entry.Signer)) is { } same)
            throw new TrustRegisterException(TrustRegisterFault.Exists, $"'{entry.Signer.Description}' is registered already, as '{same.Name}'. To change its roles, register it under that name with -Force.");
        return others.Append(entry).OrderBy(e => e.Name, TrustEntry.NameComparer).ToList();
    }

    private void Change(Func<IReadOnlyList<TrustEntry>, List<TrustEntry>> change, CancellationToken cancellation)
    {
        List<TrustEntry> changed = [];
        _file.Change(
            text =>
            {
                changed = change(text == null ? [] : TrustRegisterXml.Read(text));
                return TrustRegisterXml.Write(changed);
            },
            Patience,
            cancellation);
        Entries = changed;
    }
}
