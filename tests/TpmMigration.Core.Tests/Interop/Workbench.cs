using System;
using System.IO;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Interop;

/// <summary>Other people's tools at work on the TPM of a machine.</summary>
internal static class Workbench
{
    /// <summary>The storage root key that the engine finds and any tool can name.</summary>
    internal const string StorageRoot = "0x81000001";

    /// <summary>The policy of a migratable key, made by tpm2-tools, in this file.</summary>
    internal const string MigrationPolicy = "migration.policy";

    /// <summary>A machine whose storage root key is persistent, made by tpm2-tools.</summary>
    internal static Machine WithStorageRoot(string algorithm = "ecc256")
    {
        var machine = new Machine();
        machine.Tpm.Tpm2(
            "createprimary", "-C", "o", "-G", algorithm + ":null:aes128cfb", "-g", "sha256", "-c", "srk.ctx",
            "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt");
        machine.Tpm.Tpm2("evictcontrol", "-C", "o", "-c", "srk.ctx", StorageRoot);
        return machine;
    }

    /// <summary>Runs one of the tpm2-tools and clears the three places for objects, which the tools leave occupied.</summary>
    internal static string Tpm2(this SimulatedTpm tpm, string tool, params string[] arguments)
    {
        string output = tpm.Tool("tpm2_" + tool, arguments);
        tpm.Tool("tpm2_flushcontext", "-t");
        return output;
    }

    /// <summary>
    /// Runs one of IBM's tools. The first use of a key for which wrong passwords count makes the TPM note it in NV and ask for the
    /// command again, which these tools leave to whoever calls them.
    /// </summary>
    internal static string Ibm(this SimulatedTpm tpm, string tool, params string[] arguments)
    {
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return tpm.Tool("tss" + tool, arguments);
            }
            catch (ToolFailedException e) when (attempt < Attempts && e.Message.Contains("TPM_RC_RETRY", StringComparison.Ordinal))
            {
                // Once more, as the TPM asks.
            }
        }
    }

    /// <summary>Opens a session of tpm2-tools.</summary>
    /// <param name="tpm">The TPM.</param>
    /// <param name="session">The file of the session, which stays open.</param>
    /// <param name="policySession">A session to authorize with, and not one for trial.</param>
    /// <param name="hash">The name of its hash.</param>
    internal static void StartSession(this SimulatedTpm tpm, string session, bool policySession = false, string hash = "sha256") =>
        tpm.Tpm2("startauthsession", [.. policySession ? (string[])["--policy-session"] : [], "-S", session, "-g", hash]);

    /// <summary>Takes a session of tpm2-tools through the policy of a migratable key.</summary>
    internal static void SatisfyMigrationPolicy(this SimulatedTpm tpm, string session)
    {
        tpm.Tpm2("policyauthvalue", "-S", session);
        tpm.Tpm2("policysecret", "-S", session, "-c", "o");
        tpm.Tpm2("policycommandcode", "-S", session, "-L", MigrationPolicy, "TPM2_CC_Duplicate");
    }

    /// <summary>Leaves the policy of a migratable key in <see cref="MigrationPolicy"/>.</summary>
    internal static byte[] MakeMigrationPolicy(this SimulatedTpm tpm, string hash = "sha256")
    {
        tpm.StartSession("trial.ctx", hash: hash);
        tpm.SatisfyMigrationPolicy("trial.ctx");
        tpm.Tool("tpm2_flushcontext", "trial.ctx");
        return tpm.ReadFile(MigrationPolicy);
    }

    /// <summary>The handle that one of IBM's tools reports.</summary>
    internal static string Handle(string output) => output.Split("Handle ")[1][..8];

    internal static byte[] ReadFile(this SimulatedTpm tpm, string file) => File.ReadAllBytes(Path.Combine(tpm.WorkDirectory, file));

    internal static void WriteFile(this SimulatedTpm tpm, string file, byte[] bytes) => File.WriteAllBytes(Path.Combine(tpm.WorkDirectory, file), bytes);

    /// <summary>The content of a TPM2B that fills a file.</summary>
    internal static byte[] ReadSizedFile(this SimulatedTpm tpm, string file) =>
        SizedBytes.TryOnly(tpm.ReadFile(file)) ?? throw new InvalidDataException($"{file} is not one sized buffer.");
}
