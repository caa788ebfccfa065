using System;
using System.IO;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>Where decisions on migrations go: to the pipeline, and into the folder that users name with -Path.</summary>
internal sealed class DecisionOutput
{
    private readonly PSCmdlet _cmdlet;
    private readonly string? _folder;
    private readonly bool _force;

    /// <param name="cmdlet">Writes the objects.</param>
    /// <param name="folder">Null for none.</param>
    /// <param name="force">Whether files that exist are replaced.</param>
    internal DecisionOutput(PSCmdlet cmdlet, string? folder, bool force) =>
        (_cmdlet, _folder, _force) = (cmdlet, folder == null ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(folder), force);

    /// <summary>The file for a decision; empty where none is asked for.</summary>
    /// <param name="name">The key's, which can be one of a file, or what stands for all keys.</param>
    /// <param name="decision">A denial does not take the place of an approval, nor the other way.</param>
    /// <exception cref="DocumentAccessException">It exists and is not to be replaced.</exception>
    internal string FileFor(string name, SelectionDecision decision)
    {
        string path = _folder == null ? string.Empty : Path.Combine(_folder, name + (decision == SelectionDecision.Denied ? ".denial.xml" : ".approval.xml"));
        if (path.Length != 0) DocumentOutput.RequireFree(path, _force);
        return path;
    }

    /// <param name="approval">What was decided.</param>
    /// <param name="verdict">The verdict on the destination's evidence; null if it was not looked at.</param>
    /// <param name="path">What <see cref="FileFor"/> gave.</param>
    internal void Put(MigrationApproval approval, DestinationVerdict? verdict, string path)
    {
        if (path.Length != 0)
        {
            Directory.CreateDirectory(_folder!);
            DocumentOutput.Write(path, ApprovalDocument.Write(approval), _force);
        }
        _cmdlet.WriteObject(TpmMigrationApproval.From(approval, verdict, path));
    }

    /// <summary>A key as its authority sees it: by the names that Get-TpmKey showed elsewhere, which become names of files here.</summary>
    /// <exception cref="KeyStoreException">No key has such a name.</exception>
    /// <exception cref="ArgumentException">It is no TPM name.</exception>
    internal static SelectedKey Selected(string name, string tpmName)
    {
        KeyName.Check(name);
        return new SelectedKey(name, Hex.TryParse(tpmName.ToLowerInvariant()) is { Length: > 2 } parsed
            ? parsed
            : throw new ArgumentException($"'{tpmName}' is not the TPM name of a key. Pipe in the key as Get-TpmKey gives it, or copy its TpmName."));
    }
}
