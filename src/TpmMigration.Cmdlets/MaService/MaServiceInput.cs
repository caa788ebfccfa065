using System;
using System.Management.Automation;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>The service of a Migration Authority as users name it.</summary>
internal static class MaServiceInput
{
    internal const string Variable = "TPMMIGRATION_MA";
    internal const int DefaultTimeoutSeconds = 100;
    internal const int MostTimeoutSeconds = 3600;

    /// <summary>The address that was given, else that of Connect-MaService, else that of the environment.</summary>
    /// <exception cref="MaServiceException">There is none, or it is not allowed.</exception>
    internal static MaServiceAddress Address(string? uri, string? tlsFingerprint)
    {
        MaServiceAddress? chosen = MaSession.Current.Address;
        if (uri == null && tlsFingerprint == null && chosen != null) return chosen;
        string named = uri ?? chosen?.Uri.ToString() ?? Environment.GetEnvironmentVariable(Variable) ?? string.Empty;
        if (named.Length == 0)
            throw new MaServiceException(MaServiceFault.Address, $"No Migration Authority is named. Give its address with -Uri or {Variable}, or choose it for the session with Connect-MaService.");
        MaServiceAddress address = MaServiceAddress.Parse(named, tlsFingerprint);
        // The address of the session is known as the session knows it.
        return tlsFingerprint == null && chosen?.Uri == address.Uri ? chosen : address;
    }

    internal static MaServiceClient Open(TpmMigrationCmdlet cmdlet, MaServiceAddress address, int timeoutSeconds, System.Threading.CancellationToken cancellation) =>
        new(address, TimeSpan.FromSeconds(timeoutSeconds), cancellation) { Retrying = why => cmdlet.WriteVerbose(why + " Trying again.") };

    /// <summary>A client of a Migration Authority: the TPM name of an endorsement key, or what has it.</summary>
    /// <returns>The TPM name.</returns>
    internal static byte[] Client(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (HexInput.TryRead(value) is { Length: 34 or 50 or 66 } name) return name;
        if (value is not string && PSObject.AsPSObject(input).Properties["Client"]?.Value is { } client) return HexInput.Read(client, "Client");
        return Approvals.DestinationDocument.Read(DocumentInput.From(cmdlet, input).Text()).EndorsementKey?.Name
            ?? throw new ArgumentException("The destination document does not say what endorsement key its machine has. Give -Client the TPM name of the endorsement key.");
    }
}
