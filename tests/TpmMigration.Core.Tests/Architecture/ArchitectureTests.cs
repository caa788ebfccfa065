using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Architecture;

public class ArchitectureTests
{
    private static readonly LayerRules CoreRules = new("TpmMigration", new Dictionary<string, string[]>
    {
        ["Transport"] = [],
        ["Tpm"] = ["Transport"],
        ["Documents"] = ["Tpm"],
        ["Signatures"] = ["Tpm", "Documents"],
        ["Keys"] = ["Tpm", "Documents", "Signatures"],
        ["Packages"] = ["Tpm", "Documents", "Signatures"],
        ["Approvals"] = ["Tpm", "Keys", "Documents", "Signatures"],
        ["Attestation"] = ["Tpm", "Keys", "Approvals", "Documents", "Signatures"],
        ["Authorities"] = ["Tpm", "Documents", "Signatures", "Keys", "Packages", "Approvals", "Attestation"],
        ["Recovery"] = ["Tpm", "Keys", "Documents", "Signatures", "Packages", "Approvals"],
        ["Migration"] = ["Transport", "Documents", "Tpm", "Keys", "Packages", "Approvals", "Recovery", "Authorities", "Signatures"],
    });

    private static readonly LayerRules SampleRules = new("TpmMigration.Tests.Architecture.Samples", new Dictionary<string, string[]>
    {
        ["Below"] = [],
        ["Above"] = ["Below"],
    });

    [Fact]
    public void Calls_in_the_engine_go_down_only() =>
        Assert.Empty(CoreRules.Violations(typeof(ITpmTransport).Assembly.GetTypes()));

    [Fact]
    public void Packages_and_documents_know_structures_of_the_TPM_but_never_talk_to_one()
    {
        IEnumerable<string> talking =
            from type in typeof(ITpmTransport).Assembly.GetTypes()
            where type.Namespace is "TpmMigration.Packages" or "TpmMigration.Documents" or "TpmMigration.Signatures"
            from used in TypeReferences.Of(type)
            where used == typeof(TpmDevice) || IsCommand(used)
            select $"{type.Name} -> {used.Name}";
        Assert.Empty(talking);
    }

    [Fact]
    public void A_use_that_goes_down_is_allowed() =>
        Assert.Empty(SampleRules.Violations([typeof(Samples.Above.Helper), typeof(Samples.Above.UsesBelow)]));

    [Theory]
    [InlineData(typeof(Samples.Below.DerivesFromAbove))]
    [InlineData(typeof(Samples.Below.HoldsAbove))]
    [InlineData(typeof(Samples.Below.TakesAbove))]
    [InlineData(typeof(Samples.Below.CallsAbove))]
    [InlineData(typeof(Samples.Below.NamesAboveInAGeneric))]
    [InlineData(typeof(Samples.Below.CatchesAbove))]
    public void A_use_that_goes_up_is_found_wherever_it_hides(Type type) =>
        Assert.StartsWith($"Below uses Above: {type.Name} -> ", Assert.Single(SampleRules.Violations([type])), StringComparison.Ordinal);

    [Fact]
    public void A_use_in_a_lambda_is_found() =>
        Assert.NotEmpty(SampleRules.Violations(typeof(Samples.Below.CallsAboveInALambda).Assembly.GetTypes()
            .Where(type => type.FullName!.StartsWith(typeof(Samples.Below.CallsAboveInALambda).FullName!, StringComparison.Ordinal))));

    [Fact]
    public void A_part_without_a_rule_is_found() =>
        Assert.Equal(["Beside has no rule"], SampleRules.Violations([typeof(Samples.Beside.Stray)]));

    private static bool IsCommand(Type? type) =>
        type is not null && ((type.IsGenericType && type.GetGenericTypeDefinition() == typeof(TpmCommand<>)) || IsCommand(type.BaseType));
}
