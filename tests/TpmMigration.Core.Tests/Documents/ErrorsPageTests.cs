using System;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using Xunit;

namespace TpmMigration.Tests.Documents;

public sealed class ErrorsPageTests
{
    [Theory]
    [InlineData(typeof(KeyFault), "TpmKey")]
    [InlineData(typeof(KeySourceFault), "KeySource")]
    [InlineData(typeof(KeyStoreFault), "KeyStore")]
    [InlineData(typeof(KeyDataFault), "TpmKeyData")]
    [InlineData(typeof(KeyFileFault), "TpmKeyFile")]
    [InlineData(typeof(ApprovalFault), "Approval")]
    [InlineData(typeof(DestinationFault), "Destination")]
    [InlineData(typeof(ImportFault), "Package")]
    [InlineData(typeof(PackageFormatFault), "Package")]
    [InlineData(typeof(PackageIntegrityFault), "Package")]
    [InlineData(typeof(SignatureFault), "Signature")]
    [InlineData(typeof(TrustRegisterFault), "Trust")]
    [InlineData(typeof(SignerFault), "Signer")]
    [InlineData(typeof(RecoveryFault), "Recovery")]
    public void The_page_of_errors_names_each_fault(Type faults, string prefix)
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "errors.md"));
        string[] missing = Enum.GetNames(faults)
            .Where(fault => !page.Contains($"{prefix}.{fault}", StringComparison.Ordinal) && !page.Contains($", .{fault}", StringComparison.Ordinal) && fault != nameof(KeyFault.NoRoom))
            .ToArray();
        Assert.Empty(missing);
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "TpmMigration.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
