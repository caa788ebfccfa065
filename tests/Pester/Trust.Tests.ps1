BeforeAll {
    Import-Module ([IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '../../out/TpmMigration'))) -Force
    $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tpm-pester-' + [guid]::NewGuid().ToString('N'))
    $register = @{ TrustRegister = [IO.Path]::Combine($folder, 'trust.xml') }
    $curve = [Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256')
    function New-Certificate([string] $Name) {
        $key = [Security.Cryptography.ECDsa]::Create($curve)
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, [Security.Cryptography.HashAlgorithmName]::SHA256)
        $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(30))
    }
    $certificate = New-Certificate 'Contoso'
}

AfterAll {
    if ([IO.Directory]::Exists($folder)) {
        [IO.Directory]::Delete($folder, $true)
    }
    Remove-Module TpmMigration
}

Describe 'The trust register' {
    It 'is empty at first' {
        Get-MigrationAuthority @register | Should -BeNullOrEmpty
    }

    It 'is only told of with -WhatIf' {
        Register-MigrationAuthority -Name Contoso -Certificate $certificate -Role MigrationAuthority -WhatIf @register | Should -BeNullOrEmpty
        Get-MigrationAuthority @register | Should -BeNullOrEmpty
    }

    It 'holds a signer with its roles' {
        $made = Register-MigrationAuthority -Name Contoso -Certificate $certificate -Role MigrationAuthority, PackageSigner -Reason 'Contract 17' @register
        $made.Subject | Should -Be 'CN=Contoso'
        $found = Get-MigrationAuthority -Name cont* -Role PackageSigner @register
        $found.Fingerprint | Should -Be $made.Fingerprint
        $found.Reason | Should -Be 'Contract 17'
    }

    It 'takes a signer from what carries it' {
        $other = New-Certificate 'Other'
        [pscustomobject]@{ SignerCertificate = [Convert]::ToBase64String($other.RawData); SignerKey = $null } |
            Register-MigrationAuthority -Name hostA -Role PackageSigner @register
        (Get-MigrationAuthority @register).Name | Should -Be @('Contoso', 'hostA')
    }

    It 'holds each name and each signer once' {
        { Register-MigrationAuthority -Name contoso -Certificate $certificate -Role PackageSigner @register -ErrorAction Stop } | Should -Throw -ErrorId 'Trust.Exists,*'
        { Register-MigrationAuthority -Name More -Certificate $certificate -Role PackageSigner @register -ErrorAction Stop } | Should -Throw -ErrorId 'Trust.Exists,*'
        (Register-MigrationAuthority -Name Contoso -Certificate $certificate -Role PackageSigner -Force @register).Role | Should -Be 'PackageSigner'
    }

    It 'lets a signer go' {
        Get-MigrationAuthority -Name Contoso @register | Unregister-MigrationAuthority @register
        { Get-MigrationAuthority -Name Contoso @register -ErrorAction Stop } | Should -Throw -ErrorId 'Trust.NotFound,*'
    }
}
