using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Every error that the map can give is on the page of errors and held by a test; those no machine at hand can cause are mapped here.</summary>
public sealed class ErrorListTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly Assembly _cmdlets;
    private readonly Assembly _core;

    public ErrorListTests()
    {
        // A command that fails without a TPM, so that the engine is loaded.
        _session.Run("Get-TpmKey -Tpm nonsense:x -Store /nowhere");
        _cmdlets = ((CmdletInfo)_session.Run("Get-Command New-TpmMigratableKey").ThrowIfFailed().Output[0].BaseObject).ImplementingType.Assembly;
        _core = System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(_cmdlets)!.LoadFromAssemblyName(
            _cmdlets.GetReferencedAssemblies().Single(name => name.Name == "TpmMigration.Core"));
    }

    [Theory]
    [InlineData("TpmMigration.Transport.TpmCommandBlockedException", null, "Tpm.CommandBlocked", ErrorCategory.PermissionDenied, true)]
    [InlineData("TpmMigration.Tpm.UnsupportedAlgorithmException", null, "Tpm.Unsupported", ErrorCategory.NotImplemented, false)]
    [InlineData("TpmMigration.Keys.KeyException", "NotDuplicable", "TpmKey.NotDuplicable", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Keys.KeyException", "UnknownPolicy", "TpmKey.UnknownPolicy", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Keys.KeyException", "NotAPlatformKey", "TpmKey.NotAPlatformKey", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Keys.KeyException", "NeedsSelectionAuthority", "TpmKey.NeedsSelectionAuthority", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Keys.KeyFileException", "UnknownKind", "TpmKeyFile.UnknownKind", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeyFileException", "UnexpectedField", "TpmKeyFile.UnexpectedField", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeyFileException", "BadValue", "TpmKeyFile.BadValue", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeyFileException", "SizeMismatch", "TpmKeyFile.SizeMismatch", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeyStoreException", "Locked", "KeyStore.Locked", ErrorCategory.ResourceBusy, true)]
    [InlineData("TpmMigration.Keys.KeyStoreException", "KeyNotFound", "KeyStore.KeyNotFound", ErrorCategory.ObjectNotFound, false)]
    [InlineData("TpmMigration.Keys.KeyStoreException", "CommitUnfinished", "KeyStore.CommitUnfinished", ErrorCategory.WriteError, true)]
    [InlineData("TpmMigration.Keys.KeySourceException", "TooLarge", "KeySource.TooLarge", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeySourceException", "Malformed", "KeySource.Malformed", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeySourceException", "SeveralKeys", "KeySource.SeveralKeys", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeySourceException", "Contradictory", "KeySource.Contradictory", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeySourceException", "Unsupported", "KeySource.Unsupported", ErrorCategory.NotImplemented, false)]
    [InlineData("TpmMigration.Keys.KeyDataException", "NotReadable", "TpmKeyData.NotReadable", ErrorCategory.ReadError, false)]
    [InlineData("TpmMigration.Keys.KeyDataException", "Damaged", "TpmKeyData.Damaged", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Keys.KeyDataException", "TooLarge", "TpmKeyData.TooLarge", ErrorCategory.LimitsExceeded, false)]
    [InlineData("TpmMigration.Attestation.CertificationException", "CreationRefused", "Certification.CreationRefused", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Approvals.TrustRegisterException", "AccessDenied", "Trust.AccessDenied", ErrorCategory.PermissionDenied, true)]
    [InlineData("TpmMigration.Approvals.TrustRegisterException", "Locked", "Trust.Locked", ErrorCategory.ResourceBusy, true)]
    [InlineData("TpmMigration.Approvals.TrustRegisterException", "InputOutput", "Trust.InputOutput", ErrorCategory.WriteError, true)]
    [InlineData("TpmMigration.Approvals.SignerException", "Unreadable", "Signer.Unreadable", ErrorCategory.InvalidData, true)]
    [InlineData("TpmMigration.Approvals.SignerException", "NoPrivateKey", "Signer.NoPrivateKey", ErrorCategory.SecurityError, true)]
    [InlineData("TpmMigration.Approvals.SignerException", "Several", "Signer.Several", ErrorCategory.InvalidArgument, true)]
    [InlineData("TpmMigration.Approvals.SignerException", "Unsuitable", "Signer.Unsuitable", ErrorCategory.SecurityError, true)]
    [InlineData("TpmMigration.Approvals.SignerException", "Failed", "Signer.Failed", ErrorCategory.DeviceError, true)]
    [InlineData("TpmMigration.Signatures.SignatureException", "Misplaced", "Signature.Misplaced", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Signatures.SignatureException", "Malformed", "Signature.Malformed", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Signatures.SignatureException", "Scope", "Signature.Scope", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Signatures.SignatureException", "Algorithm", "Signature.Algorithm", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Packages.PackageFormatException", "Duplicate", "Package.Duplicate", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Packages.PackageFormatException", "ParentMissing", "Package.ParentMissing", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Packages.PackageFormatException", "UnknownExtension", "Package.UnknownExtension", ErrorCategory.NotImplemented, false)]
    [InlineData("TpmMigration.Packages.PackageIntegrityException", "NameMismatch", "Package.NameMismatch", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Packages.PackageIntegrityException", "PolicyMismatch", "Package.PolicyMismatch", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Packages.PackageIntegrityException", "ParentMismatch", "Package.ParentMismatch", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Packages.PackageIntegrityException", "DataMismatch", "Package.DataMismatch", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Migration.ReceiptException", "ForAnotherDestination", "Receipt.ForAnotherDestination", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Migration.ReceiptException", "ForAnotherMachine", "Receipt.ForAnotherMachine", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Migration.ReceiptException", "ProofContradicted", "Receipt.ProofContradicted", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Migration.ReceiptException", "NotCertifiable", "Receipt.NotCertifiable", ErrorCategory.NotImplemented, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "NoPassphrase", "Recovery.NoPassphrase", ErrorCategory.InvalidArgument, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "Malformed", "Recovery.Malformed", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "EnvelopeDamaged", "Recovery.EnvelopeDamaged", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "DestinationUnsuitable", "Recovery.DestinationUnsuitable", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "NotByAgent", "Recovery.NotByAgent", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "NotOpened", "Recovery.NotOpened", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Recovery.RecoveryException", "ForAnotherDestination", "Recovery.ForAnotherDestination", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Approvals.SignerException", "CannotDecrypt", "Signer.CannotDecrypt", ErrorCategory.NotImplemented, true)]
    [InlineData("TpmMigration.Packages.PackageIntegrityException", "InnerWrapMismatch", "Package.InnerWrapMismatch", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "Malformed", "MaService.Malformed", ErrorCategory.ProtocolError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "VersionMismatch", "MaService.VersionMismatch", ErrorCategory.ProtocolError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ActionMismatch", "MaService.ActionMismatch", ErrorCategory.ProtocolError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "HeaderNotUnderstood", "MaService.HeaderNotUnderstood", ErrorCategory.ProtocolError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "TooLarge", "MaService.TooLarge", ErrorCategory.LimitsExceeded, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "EndorsementKeyUnsupported", "MaService.EndorsementKeyUnsupported", ErrorCategory.NotImplemented, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "EndorsementKeyNotTrusted", "MaService.EndorsementKeyNotTrusted", ErrorCategory.PermissionDenied, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "AttestationKeyRefused", "MaService.AttestationKeyRefused", ErrorCategory.PermissionDenied, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ChallengeInvalid", "MaService.ChallengeInvalid", ErrorCategory.AuthenticationError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ChallengeExpired", "MaService.ChallengeExpired", ErrorCategory.AuthenticationError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ChallengeUsed", "MaService.ChallengeUsed", ErrorCategory.AuthenticationError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ChallengeFailed", "MaService.ChallengeFailed", ErrorCategory.AuthenticationError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "TokenExpired", "MaService.TokenExpired", ErrorCategory.AuthenticationError, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "TooManyRequests", "MaService.TooManyRequests", ErrorCategory.ResourceBusy, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "AdministratorRequired", "MaService.AdministratorRequired", ErrorCategory.PermissionDenied, true)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageMalformed", "MaService.PackageMalformed", ErrorCategory.InvalidData, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageAltered", "MaService.PackageAltered", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageSignatureRefused", "MaService.PackageSignatureRefused", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageSignerRefused", "MaService.PackageSignerRefused", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageApprovalRefused", "MaService.PackageApprovalRefused", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageUnproven", "MaService.PackageUnproven", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageTooLarge", "MaService.PackageTooLarge", ErrorCategory.LimitsExceeded, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "QuotaExceeded", "MaService.QuotaExceeded", ErrorCategory.LimitsExceeded, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageConflict", "MaService.PackageConflict", ErrorCategory.ResourceExists, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageDeleted", "MaService.PackageDeleted", ErrorCategory.InvalidOperation, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "PackageHeld", "MaService.PackageHeld", ErrorCategory.PermissionDenied, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ReleaseNotApproved", "MaService.ReleaseNotApproved", ErrorCategory.PermissionDenied, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ApprovalRefused", "MaService.ApprovalRefused", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ApprovalExpired", "MaService.ApprovalExpired", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "ApprovalUsed", "MaService.ApprovalUsed", ErrorCategory.SecurityError, false)]
    [InlineData("TpmMigration.Authorities.MaServiceException", "AuthorityNotHonoured", "MaService.AuthorityNotHonoured", ErrorCategory.PermissionDenied, false)]
    [InlineData("TpmMigration.Documents.DocumentFormatException", null, "Document.Malformed", ErrorCategory.InvalidData, false)]
    [InlineData("System.UnauthorizedAccessException", null, "File.AccessDenied", ErrorCategory.PermissionDenied, false)]
    [InlineData("System.IO.IOException", null, "File.Failed", ErrorCategory.WriteError, false)]
    public void An_exception_becomes_its_error(string type, string? fault, string id, ErrorCategory category, bool stops)
    {
        Exception exception = Make(_core.GetType(type) ?? typeof(object).Assembly.GetType(type, throwOnError: true)!, fault);
        object known = _cmdlets.GetType("TpmMigration.Cmdlets.ErrorMap", throwOnError: true)!
            .GetMethod("Find", BindingFlags.Static | BindingFlags.NonPublic, [typeof(Exception)])!.Invoke(null, [exception])!;
        var record = (ErrorRecord)known.GetType().GetMethod("ToRecord", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(known, [exception, "it"])!;
        Expect.Error(record, id, category, exception.Message, "it");
        Assert.Equal(stops, known.GetType().GetProperty("StopsPipeline")!.GetValue(known));
    }

    [Fact]
    public void The_page_of_errors_lists_each_and_no_other()
    {
        var listed = new List<string>();
        foreach (string row in File.ReadLines(Path.Combine(Repository.Root, "docs", "errors.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1))
        {
            string prefix = string.Empty;
            foreach (string id in row.Split('|')[1].Replace("*", string.Empty, StringComparison.Ordinal).Split(',', StringSplitOptions.TrimEntries))
            {
                if (!id.StartsWith('.')) prefix = id.Split('.')[0];
                listed.Add(id.StartsWith('.') ? prefix + id : id);
            }
        }
        Assert.Equal(Ids().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_error_has_a_test_that_names_it()
    {
        string tests = string.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "tests", "TpmMigration.Cmdlets.Tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.DoesNotContain(Ids(), id => !tests.Contains($"\"{id}\"", StringComparison.Ordinal));
    }

    public void Dispose() => _session.Dispose();

    /// <summary>From the map's source: the ids that stand in it, and those made of a prefix and the name of a fault.</summary>
    private HashSet<string> Ids()
    {
        string map = File.ReadAllText(Path.Combine(Repository.Root, "src", "TpmMigration.Cmdlets", "Common", "ErrorMap.cs"));
        HashSet<string> ids = [.. Regex.Matches(map, "(?<!\\$)\"([A-Z]\\w+\\.[A-Z]\\w+)\"").Select(match => match.Groups[1].Value)];
        string[] forms = [.. Regex.Matches(map, "\\$\"([^\"]*)\"").Select(match => match.Groups[1].Value).Distinct()];
        foreach (string form in forms)
        {
            (string[] Faults, string[] Without) made = form switch
            {
                "TpmKey.{e.Fault}" => (["Keys.KeyFault"], ["NoRoom"]),
                "TpmKey.{e.Subject}Password" => (["Keys.AuthorizationSubject"], ["Owner"]),
                "TpmKeyFile.{e.Fault}" => (["Keys.KeyFileFault"], []),
                "TpmKeyData.{e.Fault}" => (["Keys.KeyDataFault"], []),
                "KeySource.{e.Fault}" => (["Keys.KeySourceFault"], []),
                "KeyStore.{e.Fault}" => (["Keys.KeyStoreFault"], []),
                "Approval.{e.Fault}" => (["Approvals.ApprovalFault"], []),
                "Destination.{e.Fault}" => (["Approvals.DestinationFault"], []),
                "Trust.{e.Fault}" => (["Approvals.TrustRegisterFault"], []),
                "Signer.{e.Fault}" => (["Approvals.SignerFault"], []),
                "Signature.{e.Fault}" => (["Signatures.SignatureFault"], []),
                "Package.{e.Fault}" => (["Packages.PackageFormatFault", "Packages.PackageIntegrityFault"], []),
                "Package.Signer{e.Verdict.Standing}" => (["Approvals.TrustStanding"], ["Trusted", "OwnPlatform"]),
                "Receipt.{e.Fault}" => (["Migration.ReceiptFault"], []),
                "Recovery.{e.Fault}" => (["Recovery.RecoveryFault"], []),
                "MaService.{e.Fault}" => (["Authorities.MaServiceFault"], []),
                "Document.{e.Fault}" => (["Cmdlets.DocumentFault"], []),
                _ => throw new InvalidOperationException($"The map makes ids of a form that is new here: {form}"),
            };
            ids.UnionWith(made.Faults.Select(name => _core.GetType("TpmMigration." + name) ?? _cmdlets.GetType("TpmMigration." + name, throwOnError: true)!)
                .SelectMany(Enum.GetNames).Except(made.Without).Select(name => Regex.Replace(form, "\\{.*\\}", name)));
        }
        return ids;
    }

    private static Exception Make(Type type, string? fault)
    {
        // The one that takes a message, where there is one.
        ConstructorInfo constructor = type.GetConstructors()
            .OrderByDescending(candidate => candidate.GetParameters().Any(parameter => parameter.ParameterType == typeof(string)))
            .ThenBy(candidate => candidate.GetParameters().Length).First();
        return (Exception)constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.ParameterType switch
        {
            { IsEnum: true } faults => Enum.Parse(faults, fault!),
            { } text when text == typeof(string) => "What happened.",
            { IsValueType: true } value => Activator.CreateInstance(value),
            _ => null,
        })]);
    }
}
