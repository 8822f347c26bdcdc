# Configuration of every RT server these scripts start. What differs between them comes from the environment that
# scripts/live/rt.py sets; all data of one server lies in one folder.

my $folder = $ENV{RT_FOLDER} or die "RT_FOLDER is not set; start RT through scripts/live/rt.py\n";

Set($rtname,       'example.test');
Set($Organization, 'example.test');
Set($Timezone,     'UTC');

Set($DatabaseType, $ENV{RT_DATABASE_TYPE});
Set($DatabaseName, $ENV{RT_DATABASE_NAME});
if (my $port = $ENV{RT_DATABASE_PORT}) {
    Set($DatabaseHost,     '127.0.0.1');
    Set($DatabasePort,     $port);
    Set($DatabaseUser,     'rt');
    Set($DatabasePassword, 'rt');
}

Set($WebDomain, '127.0.0.1');
Set($WebPort,   $ENV{RT_PORT} || 80);
Set($WebPath,   $ENV{RT_WEB_PATH} || '');

# RT checks a token with one bcrypt per request. Its own default (12) takes a quarter of a second, which is what a
# real server does and what measurements need; tests take 4.
Set($BcryptCost, $ENV{RT_BCRYPT_COST} || 12);

# Cookies of newer releases are for https only, if not told otherwise.
Set($WebSecureCookies, 0);

# No mail leaves this machine: each one becomes a file in the folder.
Set($CorrespondAddress, 'rt@example.test');
Set($CommentAddress,    'rt-comment@example.test');
Set($MailCommand,       'sendmailpipe');
Set($SendmailPath,      "$folder/sendmail");

# RT would start whichever browser for terminals it finds, for each mail and while it holds SQLite's only lock.
Set($HTMLFormatter, 'core');

Set($LogToSyslog,    undef);
Set($LogToSTDERR,    undef);
Set($LogToFile,      'warning');
Set($LogDir,         "$folder/log");
Set($LogToFileNamed, 'rt.log');

# A second way to work: other statuses than RT's own, none of them "new", "stalled" or "resolved".
my @statuses = qw(open assigned in_progress closed false_positive);
Set(%Lifecycles,
    incident => {
        initial  => ['open'],
        active   => [qw(assigned in_progress)],
        inactive => [qw(closed false_positive)],
        defaults => {
            on_create           => 'open',
            on_merge            => 'closed',
            reminder_on_open    => 'open',
            reminder_on_resolve => 'closed',
        },
        transitions => {
            '' => [@statuses],
            (map { $_ => [@statuses] } @statuses),
            false_positive => [qw(open assigned in_progress false_positive)],    # not closed as if it had been one
        },
        rights      => { '* -> *' => 'ModifyTicket' },
        actions     => [
            '* -> assigned'       => { label => 'Assign' },
            '* -> in_progress'    => { label => 'Start work' },
            '* -> closed'         => { label => 'Close', update => 'Comment' },
            '* -> false_positive' => { label => 'False alarm', update => 'Comment' },
        ],
    },
    # for tickets that people move from one queue to the other
    __maps__ => {
        'default -> incident' => {
            new     => 'open',     open     => 'in_progress',    stalled => 'assigned',
            resolved => 'closed',  rejected => 'false_positive', deleted => 'closed',
        },
        'incident -> default' => {
            open   => 'new',      assigned       => 'open', in_progress => 'open',
            closed => 'resolved', false_positive => 'rejected',
        },
    },
);

# RT's packages would write below /var.
$RT::VarPath         = $folder;
$RT::MasonDataDir    = "$folder/mason";
$RT::MasonSessionDir = "$folder/session";

1;
