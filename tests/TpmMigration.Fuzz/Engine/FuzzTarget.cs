using System;
using System.Collections.Generic;

namespace TpmMigration.Fuzz.Engine;

/// <summary>A reader under test, with inputs to begin from and a way to change them that gets past its first checks.</summary>
public abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>How much one input may allocate before it counts as a finding; bytes.</summary>
    public virtual long MostAllocated(int inputLength) => 32L * 1024 * 1024 + 512L * inputLength;

    /// <summary>How long one input may take before it counts as a finding.</summary>
    public virtual TimeSpan MostTime => TimeSpan.FromSeconds(5);

    /// <summary>The most that an input is let grow to; bytes.</summary>
    public virtual int MostInput => 64 * 1024;

    public abstract IReadOnlyList<byte[]> Seeds();

    /// <summary>A new input out of one that is known.</summary>
    /// <param name="random">The run's only source of chance.</param>
    /// <param name="input">Not changed.</param>
    /// <param name="other">Another known input, to take parts from.</param>
    public abstract byte[] Mutate(Random random, byte[] input, byte[] other);

    /// <summary>Reads an input.</summary>
    /// <returns>What became of it, in words without the input's own values: see <see cref="Outcome"/>.</returns>
    /// <exception cref="Exception">Any that comes out is a finding.</exception>
    public abstract string Run(byte[] input);
}
