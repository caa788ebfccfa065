# Simulated machines for the demo: each is a software TPM (swtpm) with endorsement certificates and a key store of its own; and a Migration Authority.
# All files lie in one temporary folder; the TPMs listen on free ports of the loopback interface and are stopped by process id.

function New-Manufacturer([string] $Folder) {
    $null = [IO.Directory]::CreateDirectory($Folder)
    [IO.File]::WriteAllLines("$Folder/ca.conf", [string[]] @(
            "statedir = $Folder", "signingkey = $Folder/signkey.pem", "issuercert = $Folder/issuercert.pem", "certserial = $Folder/certserial"))
    [IO.File]::WriteAllLines("$Folder/ca.options", [string[]] @('--platform-manufacturer Example', '--platform-version 1.0', '--platform-model Laptop'))
    [IO.File]::WriteAllLines("$Folder/setup.conf", [string[]] @(
            'create_certs_tool= swtpm_localca', "create_certs_tool_config = $Folder/ca.conf", "create_certs_tool_options = $Folder/ca.options",
            'active_pcr_banks = sha256'))
    @{ Setup = "$Folder/setup.conf"; Root = "$Folder/swtpm-localca-rootca-cert.pem"; Issuer = "$Folder/issuercert.pem" }
}

# Two neighbouring ports that nobody listens on: one for commands, one for control.
function Get-FreePort {
    foreach ($attempt in 1..100) {
        $first = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $first.Start()
        $port = $first.LocalEndpoint.Port
        $second = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, $port + 1)
        try {
            $second.Start()
            return $port
        } catch [Net.Sockets.SocketException] {
            continue
        } finally {
            $first.Stop()
            $second.Stop()
        }
    }
    throw 'No two free neighbouring ports were found.'
}

function Start-Machine([string] $Name, [string] $Folder, $Manufacturer) {
    $state = "$Folder/$Name/tpm"
    $null = [IO.Directory]::CreateDirectory($state)
    $output = & swtpm_setup --tpm2 --tpmstate $state --create-ek-cert --config $Manufacturer.Setup 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw "swtpm_setup failed: $output"
    }
    $port = Get-FreePort
    $start = [Diagnostics.ProcessStartInfo]::new('swtpm', "socket --tpm2 --tpmstate dir=$state --server type=tcp,port=$port --ctrl type=tcp,port=$($port + 1) --flags not-need-init,startup-clear")
    $start.UseShellExecute = $false
    $process = [Diagnostics.Process]::Start($start)
    Wait-ForPort $port $process
    @{
        Name = $Name
        Process = $process
        Tcti = "swtpm:host=127.0.0.1,port=$port"
        Store = "$Folder/$Name/store"
        # What the module's commands need to know to work on this machine: -Tpm and -Store.
        Use = @{ Tpm = "swtpm:host=127.0.0.1,port=$port"; Store = "$Folder/$Name/store" }
    }
}

function Wait-ForPort([int] $Port, $Process) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not $Process.HasExited -and $watch.Elapsed.TotalSeconds -lt 10) {
        $client = [Net.Sockets.TcpClient]::new()
        try {
            $client.Connect('127.0.0.1', $Port)
            return
        } catch {
            $null = $Process.WaitForExit(20)
        } finally {
            $client.Dispose()
        }
    }
    throw "The software TPM on port $Port did not start."
}

function Stop-Machine($Machine) {
    if (-not $Machine.Process.HasExited) {
        $Machine.Process.Kill()
        $Machine.Process.WaitForExit()
    }
    $Machine.Process.Dispose()
}

# The Migration Authority of the demo: the service with a data directory of its own, on a free port with TLS.
function Start-MigrationAuthority([string] $Folder, $Manufacturer) {
    $program = [IO.Path]::GetFullPath("$PSScriptRoot/../../src/TpmMigration.Authority/bin/Release/net10.0/tpm-ma.dll")
    $common = @('--data', "$Folder/ma")
    $printed = (& dotnet $program init --name 'Example MA' @common 2>&1) -join "`n"
    if ($LASTEXITCODE -ne 0) {
        throw "tpm-ma init failed: $printed"
    }
    $null = & dotnet $program trust add $Manufacturer.Root --reason 'Laptops of the company' @common
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet', "$program serve --listen 127.0.0.1:0 --operations none --data $Folder/ma")
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $process.BeginErrorReadLine()
    $line = $process.StandardOutput.ReadLine()
    if (-not $line) {
        throw 'The Migration Authority did not start.'
    }
    @{
        Name = 'MA'
        Process = $process
        Printed = $printed
        Uri = $line.Substring($line.LastIndexOf(' ') + 1)
        TlsFingerprint = [regex]::Match($printed, 'TLS certificate:.* SHA-256 ([0-9a-f]{64})').Groups[1].Value
        SigningFingerprint = [regex]::Match($printed, 'Signing certificate:.* SHA-256 ([0-9a-f]{64})').Groups[1].Value
    }
}
