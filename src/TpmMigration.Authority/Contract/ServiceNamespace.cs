using System.IO;
using System.Text;
using System.Xml.Linq;

namespace TpmMigration.Authority.Contract;

/// <summary>Names of the contract, and the contract itself; schemas/MigrationService.wsdl is its normative text.</summary>
internal static class ServiceNamespace
{
    /// <summary>Where the WSDL says the service is; what is served says where it was asked.</summary>
    private const string WrittenAddress = "https://localhost:8443/";

    internal static readonly XNamespace Ns = "urn:tpm-migration:service:1";

    private static readonly string Written = Read();

    /// <summary>The SOAPAction of an operation.</summary>
    internal static string ActionOf(MigrationOperation operation) => $"{Ns.NamespaceName}/{operation}";

    /// <summary>The WSDL, for a service at an address.</summary>
    /// <param name="address">An absolute URI.</param>
    internal static string Wsdl(string address) => Written.Replace($"location=\"{WrittenAddress}\"", new XAttribute("location", address).ToString());

    private static string Read()
    {
        using Stream resource = typeof(ServiceNamespace).Assembly.GetManifestResourceStream("MigrationService.wsdl")
            ?? throw new FileNotFoundException("The program lacks its contract.");
        using var reader = new StreamReader(resource, new UTF8Encoding(false));
        return reader.ReadToEnd();
    }
}
