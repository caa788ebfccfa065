using System;
using System.Collections.Generic;
using System.Data.Common;
using System.Globalization;
using System.Threading;

namespace TpmMigration.Authority.Vault;

/// <summary>
/// The database of the service. One kind of database differs from another in how it is opened, what it calls bytes, how writers are kept one after
/// the other, and how it keeps the audit trail from being changed; schema and statements are the same.
/// </summary>
/// <remarks>
/// All of it throws <see cref="DbException"/> where the database cannot do it, such as when it is gone or full, and nothing is half written then.
/// Whether a commit whose answer was lost took place is not known: what is sent again must find what the first attempt left.
/// </remarks>
public abstract class VaultDatabase : IDisposable
{
    private const int MostAttempts = 5;

    /// <summary>Writes in one transaction: those at its end wait for all of it.</summary>
    private const int MostTogether = 64;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Keeps writers of this process from waiting for each other inside the database.</summary>
    private readonly WriteQueue _writes = new();

    /// <summary>Writes that somebody else's turn holds up.</summary>
    internal int WaitingWrites => _writes.Count;

    /// <summary>The name of the type of bytes in this kind of database.</summary>
    protected abstract string BytesType { get; }

    /// <summary>Which database it is, for people; without secrets.</summary>
    public abstract string Describe();

    /// <summary>Copies all of it, at one point in time and while others write, into a file that is empty.</summary>
    /// <returns>False where it is a server's, which has backups of its own.</returns>
    public virtual bool TryCopyTo(string path) => false;

    /// <summary>Makes the schema, or brings an older one up to date. Of several processes one does it, and the others find it done.</summary>
    /// <exception cref="VaultException">It was made by a later release.</exception>
    public void Migrate() => Migrate(VaultSchema.Steps);

    /// <summary>Reads at one point in time.</summary>
    /// <param name="work">What is read; it may be run again where the database was lost meanwhile.</param>
    public T Read<T>(Func<VaultTransaction, T> work) => Run(work, isWrite: false);

    /// <summary>
    /// Changes all or nothing, as if nobody else wrote. What is changed is on disk when this returns, and what was found too. Those who wait at the same
    /// time are written together, one after the other.
    /// </summary>
    /// <param name="work">What is changed; it may be run again where the first run changed nothing.</param>
    /// <exception cref="VaultException"><see cref="VaultFault.Unavailable"/>: other writers took too long.</exception>
    public T Write<T>(Func<VaultTransaction, T> work)
    {
        var mine = new PendingWrite<T>(work);
        if (_writes.Enter(mine))
        {
            IReadOnlyList<PendingWrite> together;
            try
            {
                together = WriteNext();
            }
            finally
            {
                _writes.Exit();
            }
            foreach (PendingWrite each in together) each.Tell();
        }
        return mine.Result;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Migrates along a history, of which those before are beginnings.</summary>
    internal void Migrate(IReadOnlyList<string[]> steps) => Write(transaction =>
    {
        RequireDurable(transaction);
        transaction.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        long version = transaction.Number("SELECT COALESCE(MAX(version), 0) FROM schema_version");
        if (version > steps.Count)
            throw new VaultException(VaultFault.LaterRelease, string.Create(CultureInfo.InvariantCulture, $"The database has schema {version}, and this release knows {steps.Count}. Use the release that it belongs to, or a later one."));
        foreach (string statement in VaultSchema.From(steps, (int)version, BytesType, AppendOnly)) transaction.Execute(statement);
        if (version < steps.Count) transaction.Execute("INSERT INTO schema_version (version) VALUES (@version)", ("version", steps.Count));
        return version;
    });

    /// <summary>Sees to it that commits will wait for the disk.</summary>
    /// <exception cref="VaultException"><see cref="VaultFault.NotDurable"/></exception>
    protected abstract void RequireDurable(VaultTransaction transaction);

    /// <summary>Statements that keep rows of a table from being changed or deleted.</summary>
    protected abstract IReadOnlyList<string> AppendOnly(string table);

    /// <summary>A connection that is open; commits on it are durable.</summary>
    protected abstract VaultConnection Open(bool isWrite);

    /// <summary>Takes a connection back on which nothing is going on.</summary>
    protected virtual void Close(VaultConnection connection, bool isWrite) => connection?.Dispose();

    /// <summary>Begins a transaction. One that writes waits until no other process does; one that only reads sees one state and holds up nobody.</summary>
    protected abstract DbTransaction Begin(VaultConnection connection, bool isWrite);

    /// <summary>Returns when what the transaction changed is durable.</summary>
    protected abstract void Commit(DbTransaction transaction);

    /// <summary>Whether a transaction that failed changed nothing for certain, and may succeed if it is run again at once.</summary>
    /// <param name="failure">How it failed.</param>
    /// <param name="isCommitting">Whether it failed in the commit, which may have taken place then.</param>
    protected abstract bool MayRunAgain(DbException failure, bool isCommitting);

    protected virtual void Dispose(bool disposing) { }

    /// <summary>Does what waits, with one commit: what that waits for, the disk or a standby, is most of what a write takes.</summary>
    /// <returns>What was done, or failed.</returns>
    private IReadOnlyList<PendingWrite> WriteNext()
    {
        IReadOnlyList<PendingWrite> together = _writes.Take(MostTogether);
        if (TryWrite(together)) return together;
        // One must not fail for another's sake.
        foreach (PendingWrite each in together) TryWrite([each]);
        return together;
    }

    /// <summary>Does them in one transaction.</summary>
    /// <returns>False where the database refused what one of several did: nothing was done then.</returns>
    private bool TryWrite(IReadOnlyList<PendingWrite> together)
    {
        bool isWorking = false;
        try
        {
            Run(transaction =>
            {
                isWorking = true;
                if (together.Count == 1) together[0].Do(transaction);
                else DoEach(transaction, together);
                transaction.Flush();
                isWorking = false;
                return true;
            }, isWrite: true);
        }
        catch (DbException) when (isWorking && together.Count > 1)
        {
            return false;
        }
#pragma warning disable CA1031 // It is for those who wait.
        catch (Exception e)
#pragma warning restore CA1031
        {
            foreach (PendingWrite each in together) each.Refuse(e);
        }
        return true;
    }

    /// <summary>Does several, each of which changes all or nothing for itself.</summary>
    private static void DoEach(VaultTransaction transaction, IReadOnlyList<PendingWrite> together)
    {
        transaction.Later("SAVEPOINT one_of_several");
        foreach (PendingWrite each in together)
        {
            try
            {
                each.Do(transaction);
                transaction.Later("RELEASE SAVEPOINT one_of_several");
                transaction.Later("SAVEPOINT one_of_several");
            }
#pragma warning disable CA1031 // It is for the one who waits. Where the database refused something, nothing of the transaction may be left.
            catch (Exception e) when (e is not DbException)
#pragma warning restore CA1031
            {
                transaction.Later("ROLLBACK TO SAVEPOINT one_of_several");
                each.Refuse(e);
            }
        }
    }

    private T Run<T>(Func<VaultTransaction, T> work, bool isWrite)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool isCommitting = false;
            VaultConnection? connection = null;
            try
            {
                connection = Open(isWrite);
                T result;
                using (DbTransaction transaction = Begin(connection, isWrite))
                {
                    result = work(new VaultTransaction(connection, transaction));
                    isCommitting = true;
                    Commit(transaction);
                }
                Close(connection, isWrite);
                connection = null;
                return result;
            }
            catch (DbException e) when (attempt < MostAttempts && MayRunAgain(e, isCommitting))
            {
                // Another thread may be about to sort out the connections that were lost with this one.
                if (attempt > 1) Thread.Sleep(s_pause);
            }
            finally
            {
                connection?.Dispose();
            }
        }
    }
}
