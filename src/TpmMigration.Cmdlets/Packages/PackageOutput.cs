using System;
using System.IO;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Writes what was exported in the form that was asked for.</summary>
internal sealed class PackageOutput
{
    private readonly KeyExportFormat _format;
    private readonly string _path;
    private readonly bool _force;

    /// <param name="format">The form.</param>
    /// <param name="path">The file; for three files, the name they share; empty to hand the document out instead.</param>
    /// <param name="force">Whether files that exist are replaced.</param>
    internal PackageOutput(KeyExportFormat format, string path, bool force)
    {
        bool nameOfDuplicate = format == KeyExportFormat.Tpm2Tools && path.EndsWith(DuplicateFiles.DuplicateExtension, StringComparison.OrdinalIgnoreCase);
        _format = format;
        _path = nameOfDuplicate ? path.Substring(0, path.Length - DuplicateFiles.DuplicateExtension.Length) : path;
        _force = force;
    }

    private string[] Paths => _format == KeyExportFormat.Tpm2Tools
        ? [_path + DuplicateFiles.PublicExtension, _path + DuplicateFiles.SeedExtension, _path + DuplicateFiles.DuplicateExtension]
        : [_path];

    /// <exception cref="DocumentAccessException">A file exists and is not to be replaced.</exception>
    /// <exception cref="ArgumentException">Three files are to be written and no name is given.</exception>
    internal void RequireFree()
    {
        if (_path.Length == 0 && _format == KeyExportFormat.Tpm2Tools)
            throw new ArgumentException("The form Tpm2Tools is three files. Give the name they share with -Path.");
        if (_path.Length == 0) return;
        foreach (string path in Paths) DocumentOutput.RequireFree(path, _force);
    }

    /// <summary>What was written, where no file was asked for; else empty.</summary>
    internal string Document { get; private set; } = string.Empty;

    /// <summary>The file that was written, of three the duplicate; empty where none was asked for.</summary>
    internal string Path => _path.Length == 0 ? string.Empty : Paths[^1];

    /// <param name="package">What was exported.</param>
    /// <param name="signer">Signs a package; key files bear no signature.</param>
    /// <returns>The package as it was written.</returns>
    internal MigrationPackage Write(MigrationPackage package, IDocumentSigner signer)
    {
        if (_format == KeyExportFormat.Package) return WritePackage(package, signer);
        TpmKeyFile key = KeyExchange.ToImportable(package);
        if (_format == KeyExportFormat.Tpm2Tools)
        {
            DuplicateFiles files = DuplicateFiles.From(key);
            byte[][] contents = [files.Public, files.Seed, files.Duplicate];
            for (int i = 0; i < contents.Length; i++)
            {
                byte[] content = contents[i];
                DocumentOutput.Write(Paths[i], _force, stream => stream.Write(content, 0, content.Length));
            }
        }
        else if (_path.Length == 0)
        {
            Document = Encoding.ASCII.GetString(key.ToPem());
        }
        else
        {
            DocumentOutput.Write(_path, Encoding.ASCII.GetString(key.ToPem()), _force);
        }
        return package;
    }

    private MigrationPackage WritePackage(MigrationPackage package, IDocumentSigner signer)
    {
        MigrationPackage written = package;
        if (_path.Length != 0)
        {
            DocumentOutput.Write(_path, _force, stream => written = PackageWriter.Write(package, signer, stream));
            return written;
        }
        using var memory = new MemoryStream();
        written = PackageWriter.Write(package, signer, memory);
        Document = Encoding.UTF8.GetString(memory.ToArray());
        return written;
    }
}
