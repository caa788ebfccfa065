using System.IO;
using System.Management.Automation;
using TpmMigration.Authorities;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>Sends Migration Packages to the Migration Authority to whose key they are wrapped. Sent again, they change nothing.</summary>
[Cmdlet(VerbsCommunications.Send, "MaPackage", SupportsShouldProcess = true)]
[OutputType(typeof(MaUpload))]
public sealed class SendMaPackageCommand : MaClientCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNull]
    public object[]? Package { get; set; }

    protected override void ProcessRecord()
    {
        foreach (object input in Package!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input])) Guard(document.Path ?? input, () => Send(document));
            });
        }
    }

    private void Send(DocumentInput document)
    {
        byte[] content = Read(document);
        MigrationPackage package = PackageReader.Read(new MemoryStream(content, writable: false));
        if (!ShouldProcess($"Package {package.Id:D} from '{package.Source.HostName}'", $"Send to '{Service.Address}'")) return;
        Show("Sending packages", $"package {package.Id:D}");
        MaUploadReceipt receipt = Ask(token => Service.Upload(token, package.Id, content));
        WriteObject(MaUpload.From(receipt, Service.Address, document.Path));
    }

    /// <summary>The document byte for byte, and of one that is too large as much as shows that.</summary>
    private static byte[] Read(DocumentInput document)
    {
        using Stream stream = document.Open();
        using var content = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int size;
        while (content.Length <= PackageLimits.Default.Document.MostBytes && (size = stream.Read(buffer, 0, buffer.Length)) > 0) content.Write(buffer, 0, size);
        return content.ToArray();
    }
}
