using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using Xunit;

namespace TpmMigration.Tests.Migration.Receipts;

/// <summary>A source, whose key "k" with "child" below it went to a destination, and the receipt that came back.</summary>
internal sealed class ReceiptScene : IDisposable
{
    internal static readonly TrustVerdict Unknown = new(TrustStanding.Unknown, null, "It is not registered.");

    internal ReceiptScene(bool isCertified = true)
    {
        Source.Create("k", KeyRole.Storage);
        Source.Create("child", parent: "k", movesWithParent: true);
        Source.Create("other");
        Destination = isCertified ? Target.Destination() : Target.Destination() with { Certification = null };
        Package = MigrationTests.Export(Source, Destination, ["k"], [Source.Approve("k", Destination)]);
        Text = Receive(Target, Package);
    }

    internal Machine Source { get; } = new();

    internal Machine Target { get; } = new();

    internal MigrationDestination Destination { get; }

    internal MigrationPackage Package { get; }

    internal string Text { get; }

    internal MigrationReceipt Receipt => ReceiptDocument.Read(Text);

    /// <summary>Imports a package and gives the receipt for it.</summary>
    internal static string Receive(Machine target, MigrationPackage package, KeyPasswords? passwords = null, IReadOnlyDictionary<string, string>? newNames = null) => target.Run(
        loader =>
        {
            var request = new ImportRequest { Trust = Trusted.Signer, WantsReceipt = true, Force = true, NewNames = newNames ?? new Dictionary<string, string>() };
            var importer = new PackageImporter(loader, request, passwords ?? new KeyPasswords());
            importer.Import(SignedText.Read(SignedText.Write(package)));
            return importer.Receipt!;
        },
        passwords);

    /// <summary>The target's own signature over a receipt that says something else.</summary>
    internal string Sign(MigrationReceipt receipt) => Target.Run(loader =>
    {
        using var signer = new PlatformSigner(loader);
        return ReceiptDocument.Write(receipt, signer);
    });

    internal string[] Remove(string text, string name = "k", TrustVerdict? verdict = null) => Source.Run(loader =>
    {
        IReadOnlyList<MigratedKey> keys = new ReceiptExaminer(loader.Store, ReceiptDocument.Read(text), _ => verdict ?? Unknown).Plan(name);
        using var none = new KeyPasswords();
        KeyRemover.RemoveMigrated(loader, keys, none);
        return keys.Select(key => key.Name).ToArray();
    });

    /// <summary>Sees a receipt refused, and that every key stays as it is.</summary>
    internal ReceiptException Refuses(ReceiptFault fault, string text, string name = "k", TrustVerdict? verdict = null)
    {
        ReceiptException error = Scene.Fails<ReceiptException>(Source, () => Remove(text, name, verdict));
        Assert.Equal(fault, error.Fault);
        return error;
    }

    public void Dispose()
    {
        Source.Dispose();
        Target.Dispose();
    }
}
