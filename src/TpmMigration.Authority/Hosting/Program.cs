using System;
using System.CommandLine;
using System.Data.Common;
using System.IO;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Backup;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;

var common = new CommonOptions();
var root = new RootCommand("The Migration Authority: keeps Migration Packages of machines that prove their TPMs.")
{
    InitCommand.Make(common), ServeCommand.Make(common), StatusCommand.Make(common), TrustCommand.Make(common), ClientCommand.Make(common),
    PackageCommand.Make(common), ApprovalCommand.Make(common), AdminCommand.Make(common), RotateCommand.Make(common), AuditCommand.Make(common),
    BackupCommand.Make(common), RestoreCommand.Make(common),
};
root.Options.Add(common.Data);
root.Options.Add(common.SecretFile);
try
{
    // Signals are the service's, which finishes what runs; other commands end with them at once.
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (e is CommandException or AdministrationException or DataDirectoryException or VaultException or BackupException or DbException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync("tpm-ma: " + e.Message);
    return 1;
}
