# RT's own application, below a path where one is wanted: $WebPath alone would only change the links that RT writes.
use strict;
use warnings;
use Plack::Builder;
use Plack::Util;

my $rt   = Plack::Util::load_psgi("$ENV{RT_PROGRAMS}/rt-server");
my $path = $ENV{RT_WEB_PATH};
$path ? builder { mount $path => $rt } : $rt;
