using System.Diagnostics;
using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>Shows progress of work on many keys, once it has taken a while.</summary>
internal sealed class LongWork
{
    private const int FirstAfterMilliseconds = 1000;
    private const int NextAfterMilliseconds = 200;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Cmdlet _cmdlet;
    private readonly string _activity;
    private readonly int _total;
    private long _next = FirstAfterMilliseconds;
    private bool _shown;

    internal LongWork(Cmdlet cmdlet, string activity, int total)
    {
        _cmdlet = cmdlet;
        _activity = activity;
        _total = total;
    }

    internal void At(int done, string name)
    {
        if (_watch.ElapsedMilliseconds < _next) return;
        _next = _watch.ElapsedMilliseconds + NextAfterMilliseconds;
        _shown = true;
        _cmdlet.WriteProgress(new ProgressRecord(1, _activity, _total == 0 ? name : $"{name} ({done + 1} of {_total})") { PercentComplete = _total == 0 ? 0 : 100 * done / _total });
    }

    internal void End()
    {
        if (_shown) _cmdlet.WriteProgress(new ProgressRecord(1, _activity, "done") { RecordType = ProgressRecordType.Completed });
    }
}
