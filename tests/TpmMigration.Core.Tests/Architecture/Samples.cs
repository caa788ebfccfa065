using System;
using System.Collections.Generic;

// Types that keep and break the rules of two layers, each in one way, to show that the check sees it.
#pragma warning disable IDE0130 // The namespaces are what is tested.
#pragma warning disable CA1812 // Never created: only their metadata is read.
#pragma warning disable CA1822, CA1823, CS0169, IDE0051, CA1852

namespace TpmMigration.Tests.Architecture.Samples.Above
{
    internal class Helper
    {
        public static int Answer() => 42;
    }

    internal sealed class AboveException : Exception;

    internal sealed class UsesBelow
    {
        public object Make() => new Below.Plain();
    }
}

namespace TpmMigration.Tests.Architecture.Samples.Below
{
    internal sealed class Plain;

    internal sealed class DerivesFromAbove : Above.Helper;

    internal sealed class HoldsAbove
    {
        private readonly Above.Helper? _helper;
    }

    internal sealed class TakesAbove
    {
        public void Take(Above.Helper[] helpers) => ArgumentNullException.ThrowIfNull(helpers);
    }

    internal sealed class CallsAbove
    {
        public int Call() => Above.Helper.Answer();
    }

    internal sealed class NamesAboveInAGeneric
    {
        public object Make() => new List<Above.Helper>();
    }

    internal sealed class CatchesAbove
    {
        public void Catch()
        {
            try
            {
                GC.Collect();
            }
            catch (Above.AboveException)
            {
            }
        }
    }

    internal sealed class CallsAboveInALambda
    {
        public Func<int> Make() => () => Above.Helper.Answer();
    }
}

namespace TpmMigration.Tests.Architecture.Samples.Beside
{
    internal sealed class Stray;
}
