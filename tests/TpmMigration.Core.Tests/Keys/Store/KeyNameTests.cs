using System;
using TpmMigration.Keys;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

public sealed class KeyNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Vpn gateway (2025), host-b_1.key")]
    [InlineData("Schlüssel")]
    [InlineData("鍵")]
    [InlineData("user@example.org+1=x")]
    [InlineData("console")]
    [InlineData("COM")]
    [InlineData("COM10")]
    public void Good_names_are_accepted(string name) => KeyName.Check(name);

    [Theory]
    [InlineData("", "empty")]
    [InlineData(".hidden", "dot")]
    [InlineData("..", "dot")]
    [InlineData("end.", "dot")]
    [InlineData(" a", "space")]
    [InlineData("a ", "space")]
    [InlineData("a/b", "U+002F")]
    [InlineData("a\\b", "U+005C")]
    [InlineData("a:b", "U+003A")]
    [InlineData("a*", "U+002A")]
    [InlineData("a\nb", "U+000A")]
    [InlineData("a\0b", "U+0000")]
    [InlineData("e\u0301", "U+0301")]
    [InlineData("a\u202Eb", "U+202E")]
    [InlineData("CON", "device")]
    [InlineData("con.txt", "device")]
    [InlineData("nul .x", "device")]
    [InlineData("Lpt9", "device")]
    [InlineData("com1.key", "device")]
    public void Names_that_some_file_system_would_not_bear_are_refused_with_the_reason(string name, string reason)
    {
        KeyStoreException refusal = Assert.Throws<KeyStoreException>(() => KeyName.Check(name));
        Assert.Equal(KeyStoreFault.InvalidName, refusal.Fault);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_are_128_characters_and_240_bytes()
    {
        KeyName.Check(new string('a', 128));
        KeyName.Check(new string('鍵', 80));
        Assert.Throws<KeyStoreException>(() => KeyName.Check(new string('a', 129)));
        Assert.Throws<KeyStoreException>(() => KeyName.Check(new string('鍵', 81)));
    }
}
