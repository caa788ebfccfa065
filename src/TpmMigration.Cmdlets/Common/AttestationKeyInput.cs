using System.Management.Automation;
using TpmMigration.Attestation;

namespace TpmMigration.Cmdlets;

/// <summary>
/// An attestation key as users give it: its TPM name in hexadecimal, its public area, or what holds one: an earlier certification or a
/// destination document, as a path, XML or the object a command returned.
/// </summary>
internal static class AttestationKeyInput
{
    /// <returns>Its TPM name.</returns>
    internal static byte[] Read(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (HexInput.TryRead(value) is { } bytes) return KnownAttestationKey.FromBytes(bytes);
        // What Confirm-TpmKey returned of a document that it checked.
        if (value is not string && PSObject.AsPSObject(input) is { } properties && properties.Properties["Document"] == null
            && properties.Properties["AttestationKey"]?.Value?.ToString() is { Length: > 0 } name)
        {
            return KnownAttestationKey.FromBytes(HexInput.Read(name, "AttestationKey"));
        }
        return KnownAttestationKey.FromDocument(DocumentInput.From(cmdlet, input).Text());
    }
}
