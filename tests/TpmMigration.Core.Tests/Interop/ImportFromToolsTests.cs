using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>What other people's tools duplicate, the engine takes in and proves.</summary>
public sealed class ImportFromToolsTests
{
    [Theory]
    [InlineData("rsa2048", "sign")]
    [InlineData("ecc256", "sign")]
    [InlineData("rsa2048", "decrypt")]
    [InlineData("ecc256", "decrypt")]
    [InlineData("rsa2048:aes128cfb", "restricted|decrypt")]
    [InlineData("ecc256:aes128cfb", "restricted|decrypt")]
    public void A_key_made_and_duplicated_by_the_tpm2_tools_works_here(string algorithm, string use)
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        TpmtPublic parent = b.Destination().Parent;
        SimulatedTpm tpm = a.Tpm;
        tpm.MakeMigrationPolicy();
        tpm.Tpm2(
            "create", "-C", Workbench.StorageRoot, "-G", algorithm, "-L", Workbench.MigrationPolicy, "-p", "secret", "-u", "key.pub", "-r", "key.priv",
            "-a", "sensitivedataorigin|userwithauth|" + use);
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        tpm.WriteFile("parent.pub", parent.MarshalSized());
        tpm.Tpm2("loadexternal", "-C", "o", "-u", "parent.pub", "-c", "parent.ctx");
        tpm.StartSession("session.ctx", policySession: true);
        tpm.SatisfyMigrationPolicy("session.ctx");
        tpm.Tpm2("duplicate", "-C", "parent.ctx", "-c", "key.ctx", "-G", "null", "-p", "session:session.ctx+secret", "-r", "key.dup", "-s", "key.seed");

        TpmtPublic key = TpmtPublic.UnmarshalSized(tpm.ReadFile("key.pub"));
        AssertImports(b, PackageOf(parent, key, new MigrationBlob(tpm.ReadSizedFile("key.dup"), tpm.ReadSizedFile("key.seed")), KeyPolicies.MigratableBranch));
    }

    [Theory]
    [InlineData("-rsa")]
    [InlineData("-ecc", "nistp256")]
    public void A_key_made_and_duplicated_by_the_tools_of_IBM_works_here(params string[] algorithm)
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        TpmtPublic parent = b.Destination().Parent;
        SimulatedTpm tpm = a.Tpm;
        tpm.WriteFile("policy", PolicyBranches.Digest(TpmAlgId.Sha256, [KeyPolicies.MigratableBranch]));
        tpm.Ibm("create", ["-hp", "81000001", .. algorithm, "-si", "-kt", "nf", "-kt", "np", "-pol", "policy", "-pwdk", "secret", "-opu", "key.pub", "-opr", "key.priv"]);
        string key = Workbench.Handle(tpm.Ibm("load", "-hp", "81000001", "-ipu", "key.pub", "-ipr", "key.priv"));
        tpm.WriteFile("parent.pub", parent.MarshalSized());
        string newParent = Workbench.Handle(tpm.Ibm("loadexternal", "-hi", "o", "-ipu", "parent.pub"));
        string session = Workbench.Handle(tpm.Ibm("startauthsession", "-se", "p"));
        tpm.Ibm("policyauthvalue", "-ha", session);
        tpm.Ibm("policysecret", "-ha", "40000001", "-hs", session);
        tpm.Ibm("policycommandcode", "-ha", session, "-cc", "14b");
        tpm.Ibm("duplicate", "-ho", key, "-pwdo", "secret", "-hp", newParent, "-od", "key.dup", "-oss", "key.seed", "-se0", session, "0");

        TpmtPublic publicArea = TpmtPublic.UnmarshalSized(tpm.ReadFile("key.pub"));
        AssertImports(b, PackageOf(parent, publicArea, new MigrationBlob(tpm.ReadFile("key.dup"), tpm.ReadFile("key.seed")), KeyPolicies.MigratableBranch));
    }

    [Fact]
    public void A_key_of_the_tpm2_tools_with_another_policy_than_ours_works_here()
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        TpmtPublic parent = b.Destination().Parent;
        SimulatedTpm tpm = a.Tpm;
        tpm.StartSession("trial.ctx");
        tpm.Tpm2("policycommandcode", "-S", "trial.ctx", "-L", "policy", "TPM2_CC_Duplicate");
        tpm.Tool("tpm2_flushcontext", "trial.ctx");
        tpm.Tpm2("create", "-C", Workbench.StorageRoot, "-G", "ecc256", "-L", "policy", "-p", "secret", "-u", "key.pub", "-r", "key.priv", "-a", "sensitivedataorigin|userwithauth|sign");
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        tpm.WriteFile("parent.pub", parent.MarshalSized());
        tpm.Tpm2("loadexternal", "-C", "o", "-u", "parent.pub", "-c", "parent.ctx");
        tpm.StartSession("session.ctx", policySession: true);
        tpm.Tpm2("policycommandcode", "-S", "session.ctx", "TPM2_CC_Duplicate");
        tpm.Tpm2("duplicate", "-C", "parent.ctx", "-c", "key.ctx", "-G", "null", "-p", "session:session.ctx", "-r", "key.dup", "-s", "key.seed");

        TpmtPublic key = TpmtPublic.UnmarshalSized(tpm.ReadFile("key.pub"));
        AssertImports(b, PackageOf(
            parent, key, new MigrationBlob(tpm.ReadSizedFile("key.dup"), tpm.ReadSizedFile("key.seed")),
            [new PolicyStep((uint)TpmCc.PolicyCommandCode, ObjectName.OfHandle((uint)TpmCc.Duplicate))]));
    }

    private static MigrationPackage PackageOf(TpmtPublic parent, TpmtPublic key, MigrationBlob blob, params IReadOnlyList<PolicyStep>[] policy) => new()
    {
        Id = Guid.NewGuid(),
        Created = StoredKeys.Now(),
        Purpose = PackagePurpose.Migrate,
        Source = new PackageSource("a", parent.Name),
        Destination = new PackageDestination(PackageDestinationKind.StorageKey, "b", parent),
        Keys =
        [
            new PackageKey
            {
                Id = Guid.NewGuid(),
                Name = "k",
                Kind = nameof(KeyKind.Migratable),
                PublicArea = key,
                Created = StoredKeys.Now(),
                HasPassword = true,
                Policy = policy,
                Blob = blob,
            },
        ],
    };

    /// <summary>The import proves the key with its password; with another one the proof must fail.</summary>
    private static void AssertImports(Machine b, MigrationPackage package)
    {
        Assert.Throws<KeyAuthorizationException>(() => MigrationTests.Import(b, package.Approved(), Machine.Password(key: "wrong")));
        StoredKey imported = Assert.Single(MigrationTests.Import(b, package.Approved(), Machine.Password(key: "secret")));
        Assert.Equal(package.Keys.Single().PublicArea.Name, imported.PublicArea().Name);
    }
}
