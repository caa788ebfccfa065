using System;
using System.Globalization;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>A third reader of our structures: Python's tpm2-pytss, in the interpreter that Debian installs it for.</summary>
public sealed class PytssTests
{
    private const string Python = "/usr/bin/python3";

    private const string ReadKeyFile =
        """
        import sys
        from tpm2_pytss import TPMT_PUBLIC
        from tpm2_pytss.tsskey import TSSPrivKey
        key = TSSPrivKey.from_pem(open(sys.argv[1], 'rb').read())
        area = key.public.publicArea
        again, length = TPMT_PUBLIC.unmarshal(bytes.fromhex(sys.argv[2]))
        print(bytes(area.get_name().name).hex(), bytes(again.get_name().name).hex(), length, hex(key.parent), key.empty_auth, bytes(key.private.buffer).hex())
        """;

    private const string Sign =
        """
        import sys
        from tpm2_pytss import *
        from tpm2_pytss.tsskey import TSSPrivKey
        with ESAPI(sys.argv[2]) as tpm:
            handle = TSSPrivKey.from_pem(open(sys.argv[1], 'rb').read()).load(tpm)
            digest, ticket = tpm.hash(b'message', TPM2_ALG.SHA256, ESYS_TR.OWNER)
            scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.ECDSA)
            scheme.details.any.hashAlg = TPM2_ALG.SHA256
            signature = tpm.sign(handle, digest, scheme, ticket)
            tpm.flush_context(handle)
            print(signature.marshal().hex(), bytes(digest).hex())
        """;

    [Theory]
    [InlineData(KeyRole.Sign, KeyAlgorithm.Rsa2048)]
    [InlineData(KeyRole.Sign, KeyAlgorithm.EccP256)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.EccP384)]
    public void Pytss_reads_the_key_file_and_the_public_area_of_a_new_key(KeyRole role, KeyAlgorithm algorithm)
    {
        using var machine = new Machine();
        StoredKey key = machine.Create("k", role, algorithm);
        TpmtPublic area = key.PublicArea();

        string[] read = machine.Tpm.Tool(Python, "-c", ReadKeyFile, FileOf(machine, "k"), Convert.ToHexStringLower(area.Marshal())).Trim().Split(' ');

        string name = Convert.ToHexStringLower(area.Name);
        Assert.Equal([name, name, area.Marshal().Length.ToString(CultureInfo.InvariantCulture), "0x40000001", "True", Convert.ToHexStringLower(key.PrivateArea())], read);
    }

    [Fact]
    public void Pytss_signs_with_the_file_of_a_migrated_key()
    {
        using var a = new Machine();
        using Machine b = Workbench.WithStorageRoot();
        TpmtPublic area = a.Create("k").PublicArea();
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)]);
        MigrationTests.Import(b, package);

        byte[][] signed = [.. b.Tpm.Tool(Python, "-c", Sign, FileOf(b, "k"), b.Tpm.Tcti).Trim().Split(' ').Select(Convert.FromHexString)];

        Assert.True(area.Verifies(signed[1], TpmtSignature.Unmarshal(signed[0])));
        b.AssertNothingLoaded();
    }

    private static string FileOf(Machine machine, string name) => Path.Combine(machine.StorePath, name + ".pem");
}
