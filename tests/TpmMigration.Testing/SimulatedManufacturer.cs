using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace TpmMigration.Testing;

/// <summary>
/// The TPM manufacturer of this test run: a root and an issuing CA in a temporary folder, from which
/// <see cref="SimulatedTpm"/> takes its EK certificates. Made with the first certified TPM, removed when the process ends.
/// </summary>
public static class SimulatedManufacturer
{
    private static readonly Lazy<TemporaryFolder> s_folder = new(CreateFolder);

    /// <summary>swtpm_setup's CA tool does not lock its serial number across all its steps.</summary>
    private static readonly Lock s_oneAtATime = new();

    /// <summary>PEM file of the root CA's certificate. Exists once a certified TPM has been started.</summary>
    public static string RootCertificatePath => s_folder.Value["swtpm-localca-rootca-cert.pem"];

    /// <summary>PEM file of the CA certificate that issued the EK certificates. Exists once a certified TPM has been started.</summary>
    public static string IssuerCertificatePath => s_folder.Value["issuercert.pem"];

    internal static void Manufacture(string stateDirectory)
    {
        lock (s_oneAtATime)
        {
            string log = Path.Combine(stateDirectory, "setup.log");
            ToolRunner.Run(
                "swtpm_setup",
                ["--tpm2", "--tpmstate", stateDirectory, "--create-ek-cert", "--config", s_folder.Value["swtpm_setup.conf"], "--logfile", log],
                new Dictionary<string, string>(),
                stateDirectory);
        }
    }

    private static TemporaryFolder CreateFolder()
    {
        var folder = new TemporaryFolder("tpm-manufacturer-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        string authority = folder["swtpm-localca.conf"];
        string claims = folder["swtpm-localca.options"];
        File.WriteAllLines(authority,
        [
            $"statedir = {folder.FullPath}",
            $"signingkey = {folder["signkey.pem"]}",
            $"issuercert = {folder["issuercert.pem"]}",
            $"certserial = {folder["certserial"]}",
        ]);
        File.WriteAllLines(claims, ["--platform-manufacturer Simulated", "--platform-version 1.0", "--platform-model Machine"]);
        File.WriteAllLines(folder["swtpm_setup.conf"],
        [
            "create_certs_tool= swtpm_localca",
            $"create_certs_tool_config = {authority}",
            $"create_certs_tool_options = {claims}",
            "active_pcr_banks = sha256",
        ]);
        return folder;
    }
}
