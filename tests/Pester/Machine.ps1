# Simulated machines for the tests: swtpm on free loopback ports, each with a folder of its own. To be dot-sourced.

function Test-FreePort([int] $Port) {
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, $Port)
    try {
        $listener.Start()
        $true
    } catch {
        $false
    } finally {
        $listener.Stop()
    }
}

# A running machine: Tpm and Store are what the commands take; Folder is for documents.
function Start-Machine {
    $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tpm-pester-' + [guid]::NewGuid().ToString('N'))
    $state = [IO.Directory]::CreateDirectory([IO.Path]::Combine($folder, 'state')).FullName
    $ready = [IO.Path]::Combine($folder, 'swtpm.pid')
    $random = [Random]::new()
    for ($attempt = 1; $attempt -le 20; $attempt++) {
        $port = $random.Next(10000, 32000)
        if (-not ((Test-FreePort $port) -and (Test-FreePort ($port + 1)))) {
            continue
        }
        $start = [Diagnostics.ProcessStartInfo]::new('swtpm')
        $start.Arguments = "socket --tpm2 --tpmstate dir=$state --server type=tcp,port=$port --ctrl type=tcp,port=$($port + 1) " +
            "--flags not-need-init,startup-clear --pid file=$ready"
        $start.RedirectStandardInput = $true
        $start.UseShellExecute = $false
        $process = [Diagnostics.Process]::Start($start)
        # It writes its process id when it listens.
        while (-not ([IO.File]::Exists($ready) -and [IO.FileInfo]::new($ready).Length -gt 0) -and -not $process.WaitForExit(5)) { }
        if (-not $process.HasExited) {
            return [pscustomobject]@{
                Tpm = "swtpm:host=127.0.0.1,port=$port"; Store = [IO.Path]::Combine($folder, 'store'); Folder = $folder; Process = $process
            }
        }
    }
    throw 'swtpm could not be started.'
}

function Stop-Machine($Machine) {
    if (-not $Machine.Process.HasExited) {
        $Machine.Process.Kill()
        $Machine.Process.WaitForExit()
    }
    [IO.Directory]::Delete($Machine.Folder, $true)
}
