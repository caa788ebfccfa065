using System.Collections.Generic;
using TpmMigration.Authority.Contract;
using TpmMigration.Tests.Architecture;
using Xunit;

namespace TpmMigration.Tests.Authority;

public sealed class LayerTests
{
    private static readonly LayerRules Rules = new("TpmMigration.Authority", new Dictionary<string, string[]>
    {
        ["Vault"] = [],
        ["Keys"] = ["Vault"],
        ["Audit"] = ["Vault"],
        ["Trust"] = ["Vault"],
        ["Contract"] = ["Vault"],
        ["Soap"] = ["Contract"],
        ["Clients"] = ["Contract", "Vault", "Keys", "Trust"],
        ["Release"] = ["Contract", "Vault", "Audit", "Keys", "Trust", "Clients"],
        ["Operations"] = ["Contract", "Vault", "Audit", "Keys"],
        ["Administration"] = ["Vault", "Audit", "Keys", "Trust", "Release"],
        ["Service"] = ["Contract", "Soap", "Vault", "Audit", "Keys", "Trust", "Clients", "Release", "Operations"],
        ["Backup"] = ["Vault", "Audit", "Keys"],
        ["Hosting"] = ["Contract", "Soap", "Vault", "Audit", "Keys", "Trust", "Release", "Operations", "Administration", "Service", "Backup"],
    });

    [Fact]
    public void Calls_in_the_service_go_down_only() => Assert.Empty(Rules.Violations(typeof(AuthorityException).Assembly.GetTypes()));
}
