using System;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;

namespace TpmMigration.Cmdlets;

/// <summary>A certificate as users give it: a file in DER or PEM, a certificate object (also one that came through remoting), or DER itself.</summary>
internal static class CertificateInput
{
    /// <returns>DER; of a file with several, the first.</returns>
    /// <exception cref="DocumentAccessException">The file is missing, cannot be read, or holds no certificate.</exception>
    internal static byte[] Read(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        switch (value)
        {
            case byte[] der:
                return der;
            case X509Certificate2 certificate:
                return certificate.RawData;
            case string path:
                return CertificateFiles.Read(cmdlet, [path]).FirstOrDefault()
                    ?? throw new DocumentAccessException(DocumentFault.NotFound, $"There is no certificate in '{path}'.");
        }
        PSObject properties = PSObject.AsPSObject(input);
        if (properties.Properties["RawData"]?.Value is { } raw && (raw is PSObject inner ? inner.BaseObject : raw) is byte[] carried) return carried;
        if (properties.Properties["FullName"]?.Value is string file) return Read(cmdlet, file);
        throw new ArgumentException($"An object of type {value.GetType().Name} is no certificate. Give the path of one, or a certificate object.");
    }
}
