using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>What measures the memory of its process runs while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryTests
{
    public const string Name = "Memory";
}

[Collection(MemoryTests.Name)]
public sealed class LargeInventoryTests
{
    private const int Keys = 1000, Persistent = 2;
    private const long MostMemory = 64L * 1024 * 1024;

    [Fact]
    public void The_inventory_of_a_thousand_keys_takes_few_TPM_commands_and_little_memory()
    {
        using var machine = new Machine();
        StoredKey key = machine.Create("key 0");
        machine.Store.Commit([.. Enumerable.Range(1, Keys - 1).Select(i => KeyChange.Add(key.Record with { Name = $"key {i}" }, key.KeyFile))], TestContext.Current.CancellationToken);
        for (int i = 0; i < Persistent; i++)
        {
            machine.Tpm.Tool("tpm2_createprimary", "-C", "o", "-G", "ecc", "-c", "primary.ctx");
            machine.Tpm.Tool("tpm2_evictcontrol", "-C", "o", "-c", "primary.ctx", FormattableString.Invariant($"0x8100020{i}"));
            machine.Tpm.Tool("tpm2_flushcontext", "-t");
        }

        MeasuringTransport? measure = null;
        long before = GC.GetTotalMemory(forceFullCollection: true), after = 0;
        List<InventoryItem> all = machine.Run(
            loader =>
            {
                List<InventoryItem> stored = KeyInventory.OfStore(loader.Store, TestContext.Current.CancellationToken).Select(e => e.Item!).ToList();
                List<InventoryItem> result = [.. KeyInventory.Join(stored, PersistentKeys.All(loader.Device))];
                after = GC.GetTotalMemory(forceFullCollection: false);
                return result;
            },
            decorate: inner => measure = new MeasuringTransport(inner));

        Assert.Equal(Keys + Persistent, all.Count);
        Assert.Equal(Keys, all.Count(i => i.Classification.Kind == KeyKind.Migratable));
        Assert.InRange(measure!.CommandCount - Persistent, 1, 5);
        Assert.True(after - before < MostMemory, $"{(after - before) / 1024} KiB more.");
    }
}
