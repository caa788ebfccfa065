using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Packages.Vectors;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Packages;

/// <summary>The blobs of the conformance set in a TPM that has the destinations' keys, by tools other than this module.</summary>
public sealed class PackageVectorTpmTests
{
    [Fact]
    public void A_TPM_takes_the_keys_of_valid_vectors_in_and_refuses_those_that_were_altered()
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        Tool(machine, "tpm2_createprimary", "-C", "o", "-G", "ecc", "-c", "primary.ctx");
        foreach (string type in (string[])["ecc", "rsa"])
        {
            string name = "destination-" + type, pem = Path.Combine(VectorFolder.Path, "keys", name + ".pem");
            Tool(machine, "tpm2_import", "-C", "primary.ctx", "-G", type, "-i", pem, "-u", "new.pub", "-r", "new.priv", "-a", "restricted|decrypt|userwithauth");
            Tool(machine, "tpm2_load", "-C", "primary.ctx", "-u", "new.pub", "-r", "new.priv", "-c", name + ".ctx");
        }

        // Vectors of data and of inner wraps are about what only software opens.
        PackageVector[] vectors = [.. PackageVectorSet.Read().Where(v =>
            v.Name is "valid-one" or "valid-rsa" or "valid-family" or "valid-family-rsa" || (v.Expected == "Altered" && !v.Name.StartsWith("data-", StringComparison.Ordinal) && !v.Name.StartsWith("inner-wrap-", StringComparison.Ordinal)))];
        Assert.True(vectors.Length > 30);
        Assert.Equal(vectors.Select(v => $"{v.Name}: {v.Expected}"), vectors.Select(v => $"{v.Name}: {(TakesIn(machine, v) ? "valid" : "Altered")}"));
    }

    private static bool TakesIn(SimulatedTpm machine, PackageVector vector)
    {
        using var stream = new MemoryStream(vector.Content);
        Dictionary<Guid, string> parents = [];
        try
        {
            foreach (PackageKey key in PackageReader.Read(stream).Keys)
            {
                string parent = vector.Destination + ".ctx", file = key.Id.ToString("D");
                Write(machine, "key.pub", key.PublicArea.MarshalSized());
                if (key.Blob is ChildBlob child)
                {
                    parent = parents[child.ParentId];
                    Write(machine, "key.priv", SizedBytes.Join(child.Private));
                }
                else
                {
                    var blob = (MigrationBlob)key.Blob;
                    Write(machine, "key.dup", SizedBytes.Join(blob.Duplicate));
                    Write(machine, "key.seed", SizedBytes.Join(blob.EncryptedSeed));
                    Tool(machine, "tpm2_import", "-C", parent, "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv");
                }
                parents.Add(key.Id, file);
                Tool(machine, "tpm2_load", "-C", parent, "-u", "key.pub", "-r", "key.priv", "-c", file);
            }
            return true;
        }
        catch (ToolFailedException)
        {
            machine.Tool("tpm2_flushcontext", "-t");
            return false;
        }
    }

    private static void Tool(SimulatedTpm machine, string program, params string[] arguments)
    {
        machine.Tool(program, arguments);
        machine.Tool("tpm2_flushcontext", "-t");
    }

    private static void Write(SimulatedTpm machine, string file, byte[] bytes) => File.WriteAllBytes(Path.Combine(machine.WorkDirectory, file), bytes);
}
