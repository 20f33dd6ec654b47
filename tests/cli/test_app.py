"""vpt-mm app: what it asks before it listens."""
import pytest


@pytest.fixture(autouse=True)
def without_a_password(monkeypatch):
    monkeypatch.delenv('VPT_MM_AUTH', raising=False)


def test_the_app_needs_a_password_beyond_this_machine(command, folder):
    with pytest.raises(SystemExit, match='can be reached from other machines'):
        command('app', '--task', folder / 'birds.safetensors', '--checkpoint', folder / 'base.pth',
                '--host', '0.0.0.0')
    with pytest.raises(SystemExit, match='say by --name by which'):
        command('app', '--task', folder / 'birds.safetensors', '--host', '0.0.0.0', '--auth', 'me:secret')


@pytest.mark.parametrize('port', [99999, -5])
def test_the_app_needs_a_port_that_can_be(command, port):
    with pytest.raises(SystemExit, match=rf'port must be 1\.\.65535, got {port}'):
        command('app', '--task', 'none is read', '--port', port)


def test_the_variable_of_the_password_is_read_and_its_value_not_shown(command, monkeypatch, capsys):
    monkeypatch.setenv('VPT_MM_AUTH', 'secret')
    with pytest.raises(SystemExit, match=r'--auth \(or VPT_MM_AUTH\) is USER:PASSWORD'):
        command('app', '--task', 'none is read')
    with pytest.raises(SystemExit):
        command('app', '--help')
    assert 'secret' not in capsys.readouterr().out
