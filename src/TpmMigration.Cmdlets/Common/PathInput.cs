using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>
/// Turns paths as users give them into paths of the file system. PowerShell reads the table of mounts for each path that it is asked for, so it
/// is asked once for each folder: hundreds of approvals mostly lie in one.
/// </summary>
internal sealed class PathInput
{
    private static readonly char[] s_separators = ['/', '\\'];
    private static readonly char[] s_qualifiers = [':'];

    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);
    private readonly PSCmdlet _cmdlet;

    internal PathInput(PSCmdlet cmdlet) => _cmdlet = cmdlet;

    /// <param name="path">A path by the rules of PowerShell: with its drives, its current location and ~.</param>
    internal string Resolve(string path)
    {
        int end = path.LastIndexOfAny(s_separators) + 1;
        string file = path.Substring(end);
        // Without a folder, or where the last part is no plain name of a file, PowerShell has to see the whole.
        if (end == 0 || file.Trim('.', ' ').Length == 0 || file.IndexOfAny(s_qualifiers) >= 0) return _cmdlet.GetUnresolvedProviderPathFromPSPath(path);
        string folder = path.Substring(0, end);
        if (!_folders.TryGetValue(folder, out string? resolved))
        {
            resolved = _cmdlet.GetUnresolvedProviderPathFromPSPath(folder);
            _folders.Add(folder, resolved);
        }
        return Path.Combine(resolved, file);
    }
}
