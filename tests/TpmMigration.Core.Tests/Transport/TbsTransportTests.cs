using System;
using System.Threading;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class TbsTransportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_command_is_submitted_and_its_response_returned()
    {
        byte[] expected = Frames.Response(Frames.Success, 0, 1, 9);
        using var tpm = TbsTransport.Open(new FakeTbs { Response = expected });
        Assert.Equal(expected, tpm.Transmit(Frames.GetRandom(1), Cancellation));
    }

    [Theory]
    [InlineData(0x8028400Fu, "TBS_E_TPM_NOT_FOUND", true)]
    [InlineData(0x80284008u, "TBS_E_SERVICE_NOT_RUNNING", false)]
    [InlineData(0x80284010u, "TBS_E_SERVICE_DISABLED", false)]
    [InlineData(0x80289999u, "0x80289999", false)]
    public void A_failure_to_open_is_named(uint result, string name, bool notFound)
    {
        var error = Assert.ThrowsAny<TpmTransportException>(() => TbsTransport.Open(new FakeTbs { CreateResult = result }));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Equal(notFound, error is TpmNotFoundException);
    }

    [Fact]
    public void A_failure_to_submit_is_named()
    {
        using var tpm = TbsTransport.Open(new FakeTbs { SubmitResult = 0x80284006 });
        var error = Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(1), Cancellation));
        Assert.Contains("TBS_E_IOERROR", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_blocked_command_is_named_however_Windows_says_so(bool byTheCall)
    {
        const uint Blocked = 0x80280400;
        var tbs = byTheCall ? new FakeTbs { SubmitResult = Blocked } : new FakeTbs { Response = Frames.Response(Blocked) };
        using var tpm = TbsTransport.Open(tbs);
        var error = Assert.Throws<TpmCommandBlockedException>(() => tpm.Transmit(Frames.GetRandom(1), Cancellation));
        Assert.Equal(0x17Bu, error.CommandCode);
        Assert.Contains("0x0000017B", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_command_is_answered_as_a_TPM_answers_it()
    {
        using var cancelled = new CancellationTokenSource();
        var tbs = new FakeTbs { SubmitResult = 0x8028400D, OnSubmit = cancelled.Cancel };
        using var tpm = TbsTransport.Open(tbs);
        Assert.Equal(Frames.Response(Frames.Canceled), tpm.Transmit(Frames.GetRandom(1), cancelled.Token));
        Assert.Equal(1, tbs.Cancellations);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    public void An_incomplete_response_is_an_error(int size)
    {
        using var tpm = TbsTransport.Open(new FakeTbs { Response = Frames.Response(Frames.Success), ResponseSize = size });
        Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(1), Cancellation));
    }

    [Theory]
    [InlineData(0x80284015u)]
    [InlineData(0x80284012u)]
    public void Owner_authorization_that_was_not_kept_or_is_not_shown_is_none(uint result)
    {
        using var tpm = TbsTransport.Open(new FakeTbs { OwnerAuthResult = result });
        Assert.Null(tpm.GetOwnerAuth());
    }

    [Fact]
    public void Owner_authorization_comes_through_decorators()
    {
        using var tpm = new RetryTransport(new RecordingTransport(TbsTransport.Open(new FakeTbs())));
        Assert.Equal([1, 2, 3], tpm.GetOwnerAuth());
    }

    [Fact]
    public void The_context_is_closed_once()
    {
        var tbs = new FakeTbs();
        TbsTransport tpm = TbsTransport.Open(tbs);
        tpm.Dispose();
        tpm.Dispose();
        Assert.Equal(1, tbs.Closings);
        Assert.Throws<ObjectDisposedException>(() => tpm.Transmit(Frames.GetRandom(1), Cancellation));
    }

    private sealed class FakeTbs : ITbs
    {
        private const int Context = 42;

        internal uint CreateResult { get; init; }

        internal uint SubmitResult { get; init; }

        internal uint OwnerAuthResult { get; init; }

        internal byte[] Response { get; init; } = [];

        internal int? ResponseSize { get; init; }

        internal Action? OnSubmit { get; init; }

        internal int Cancellations { get; private set; }

        internal int Closings { get; private set; }

        public uint CreateContext(out IntPtr context)
        {
            context = Context;
            return CreateResult;
        }

        public uint SubmitCommand(IntPtr context, byte[] command, byte[] response, ref uint responseSize)
        {
            Assert.Equal(Context, context);
            Assert.Equal(4096u, responseSize);
            OnSubmit?.Invoke();
            Response.CopyTo(response, 0);
            responseSize = (uint)(ResponseSize ?? Response.Length);
            return SubmitResult;
        }

        public uint CancelCommands(IntPtr context)
        {
            Assert.Equal(Context, context);
            Cancellations++;
            return 0;
        }

        public uint GetOwnerAuth(IntPtr context, byte[] value, ref uint size)
        {
            new byte[] { 1, 2, 3 }.CopyTo(value, 0);
            size = 3;
            return OwnerAuthResult;
        }

        public uint CloseContext(IntPtr context)
        {
            Closings++;
            return 0;
        }
    }
}
