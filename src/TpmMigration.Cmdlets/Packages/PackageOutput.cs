using System;
using System.IO;
using System.Text;
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

    /// <param name="package">Is signed where the form has a signature.</param>
    /// <param name="signer">Signs it.</param>
    internal TpmMigrationPackage Write(MigrationPackage package, IDocumentSigner signer)
    {
        switch (_format)
        {
            case KeyExportFormat.Tpm2Tools:
                DuplicateFiles files = DuplicateFiles.From(KeyExchange.ToImportable(package));
                string[] paths = Paths;
                DocumentOutput.Write(paths[0], files.Public, _force);
                DocumentOutput.Write(paths[1], files.Seed, _force);
                DocumentOutput.Write(paths[2], files.Duplicate, _force);
                return TpmMigrationPackage.From(package, string.Empty, paths[2]);
            case KeyExportFormat.Package when _path.Length != 0:
                DocumentOutput.Write(_path, _force, stream => package = PackageWriter.Write(package, signer, stream));
                return TpmMigrationPackage.From(package, string.Empty, _path);
            case KeyExportFormat.Package:
                using (var stream = new MemoryStream())
                {
                    package = PackageWriter.Write(package, signer, stream);
                    return TpmMigrationPackage.From(package, Encoding.UTF8.GetString(stream.ToArray()), string.Empty);
                }
            default:
                string document = Encoding.ASCII.GetString(KeyExchange.ToImportable(package).ToPem());
                if (_path.Length == 0) return TpmMigrationPackage.From(package, document, string.Empty);
                DocumentOutput.Write(_path, document, _force);
                return TpmMigrationPackage.From(package, string.Empty, _path);
        }
    }
}
