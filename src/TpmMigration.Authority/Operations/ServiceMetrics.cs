using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;

namespace TpmMigration.Authority.Operations;

/// <summary>What the service counts. Nobody is named in it: labels are operations, outcomes and kinds, of which there are few.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    internal const string MeterName = "TpmMigration.Authority";

    // From a look into the database to a large package with RSA keys; seconds.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests, _rewraps, _limited, _unrecorded;
    private readonly Counter<long> _received, _sent;
    private readonly Histogram<double> _duration;

    internal ServiceMetrics()
    {
        _requests = _meter.CreateCounter<long>("tpm_ma_requests", description: "Messages answered, by operation and outcome.");
        _duration = _meter.CreateHistogram("tpm_ma_request_duration", "s", "Time to answer a message.", advice: Buckets);
        _received = _meter.CreateCounter<long>("tpm_ma_received", "By", "Bytes of messages.");
        _sent = _meter.CreateCounter<long>("tpm_ma_sent", "By", "Bytes of answers.");
        _rewraps = _meter.CreateCounter<long>("tpm_ma_rewraps", description: "Packages wrapped anew for a client.");
        _limited = _meter.CreateCounter<long>("tpm_ma_rate_limited", description: "Messages refused because they came too often.");
        _unrecorded = _meter.CreateCounter<long>("tpm_ma_refusals_unrecorded", description: "Refusals left out of the audit trail because they were too many.");
    }

    /// <summary>A message was answered.</summary>
    /// <param name="operation">What it asked; empty if it was no message.</param>
    /// <param name="outcome">Success, or the code of the fault.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="received">Bytes of the message.</param>
    /// <param name="sent">Bytes of the answer.</param>
    internal void Answered(string operation, string outcome, TimeSpan duration, long received, long sent)
    {
        var label = new KeyValuePair<string, object?>("operation", operation);
        _requests.Add(1, label, new KeyValuePair<string, object?>("outcome", outcome));
        _duration.Record(duration.TotalSeconds, label);
        _received.Add(received, label);
        _sent.Add(sent, label);
        if (operation == nameof(MigrationOperation.Download) && outcome == AuditEvent.Success) _rewraps.Add(1);
    }

    /// <summary>A message came too often.</summary>
    internal void Limited(string scope) => _limited.Add(1, new KeyValuePair<string, object?>("scope", scope));

    /// <summary>A refusal was left out of the audit trail.</summary>
    internal void Unrecorded() => _unrecorded.Add(1);

    /// <summary>Shows what the vault holds, and how long the certificates hold, to whoever listens already.</summary>
    /// <param name="vault">What is looked up when somebody asks.</param>
    /// <param name="keys">The service's own.</param>
    /// <param name="waiting">Messages that wait for their turn.</param>
    /// <param name="tls">The certificate that is served.</param>
    /// <param name="keysAreCurrent">Whether the keys in use are those in their file.</param>
    internal void Observe(VaultFigures vault, AuthorityKeys keys, Func<int> waiting, Func<X509Certificate2?> tls, Func<bool> keysAreCurrent)
    {
        // What has not happened yet is shown as well, so that its rate can be told from the first on.
        foreach (string scope in new[] { "client", "address" }) _limited.Add(0, new KeyValuePair<string, object?>("scope", scope));
        _unrecorded.Add(0);
        _rewraps.Add(0);
        Gauge("tpm_ma_packages", "Packages stored.", () => vault.Now.Packages);
        Gauge("tpm_ma_stored", "Bytes of packages stored.", () => vault.Now.Bytes, "By");
        Gauge("tpm_ma_clients", "Clients seen.", () => vault.Now.Clients);
        Gauge("tpm_ma_packages_of_older_keys", "Packages wrapped to a storage key that is not the newest.", () => vault.Now.OlderKeys);
        Gauge("tpm_ma_storage_keys", "Storage keys kept.", () => keys.StorageKeys.Count);
        Gauge("tpm_ma_audit_sequence", "Number of the last record of the audit trail.", () => vault.Now.AuditSequence);
        Gauge("tpm_ma_requests_waiting", "Messages that wait for their turn.", () => waiting());
        Gauge("tpm_ma_keys_current", "1 if the keys in use are those in their file.", () => keysAreCurrent() ? 1 : 0);
        Gauge("tpm_ma_signing_certificate_days_left", "Days until the signing certificate ends.", () => DaysLeft(keys.SigningCertificate));
        if (tls() != null) Gauge("tpm_ma_tls_certificate_days_left", "Days until the TLS certificate ends.", () => DaysLeft(tls()!));
    }

    public void Dispose() => _meter.Dispose();

    private static double DaysLeft(X509Certificate2 certificate) => Math.Round((certificate.NotAfter.ToUniversalTime() - DateTime.UtcNow).TotalDays, 2);

    private void Gauge(string name, string what, Func<double> value, string? unit = null) => _meter.CreateObservableGauge(name, value, unit, what);
}
