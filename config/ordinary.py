"""Words that stand on half of all pages: hiding one wherever it stands would hide the page."""

ORDINARY = frozenset(
    """
    about above account accounts after again against agree album also always american amount animal another answer
    anything archive area article articles asked author away back ball bank base beach because become been before began
    begin being below best better between black blog blue board body book both boys breaking bring brown build business
    call came care case cause center centre change channel check child children china chinese city class clean clear
    click close cold college color comment comments common community company complete contact content copy correct could
    country county course cover create daily dark data date days dead deal dear death deep department detail details
    different does dollar done door down draw drive during each early earth east easy edit editor email english enough
    even evening ever every example face fact fall family fast father fear feed feel field file final find fine fire
    first fish five floor flow follow followers following food foot force forum four france free french friday friend
    friends from front full game gave general german germany girl girls give glass goes gold gone good grace grand great
    green grew ground group groups grow guest half hand happy harbour hard have head hear heart heat help here high
    history hold holy home hope host hour hours house html http https human hunter image images important inch
    information inside into iron island item james jpeg json july june just keep kept kind king knew know knows land
    language large last late laugh lead learn leave left less letter life light like likes line link links list little
    live local london long look lost loud love made mail main make many march mark market master media member members
    message might mile mind mine minute miss mobile monday money month moon more morning most mother mountain move much
    music must name names nature near need network never news next nick night none noon north note nothing notice number
    object ocean october offer office often online only open order other over page pages paper parent park part party
    pass past people perhaps person photo picture piece pink place plain plan plane plant play please point police poor
    port post posted posts power press profile public quick quite race radio rain read ready real reason record reddit
    reply report reporter rest rich right ring rise river road rock room rose round rule russia russian safe said same
    saturday school science search second seen self sell send sent september service seven share sharp ship shop short
    should show shown side sign silver simple since site sleep slow small snow some song soon sound source south space
    special spring stand star start state states status stay step still stone stop store story street strong student
    study subject such summer sunday sure system table take talk teach team tell test text than that their them then
    there these they thing things think this those though thought thousand three through thursday time times title today
    together told took topic town track trade travel tree true truth tuesday turn twitter type under unit united unknown
    until update upon used user username users verb version very video videos view views visit voice wait walk wall want
    warm watch water wave week well went were west what wheel when where which while white whole wide will wind winter
    wire wish with without woman women wood word words work world would write writer year years yellow yesterday young
    your youtube
    admin administrator anonymous bot deleted moderator nobody official root staff support team webmaster www
    alle auch aber beim diese eine einen einer haben heute immer jetzt kann mehr nach nicht noch oder schon sein sich
    sind über und unter viel wird werden zwischen avec cette comme dans deux elle entre être leur mais même nous notre
    plus pour quand sans sont tout très vous como cuando desde donde ella entre esta este hasta muchos nada para pero
    porque quien sobre también todo todos быть весь даже для если есть когда который меня может наш него них очень после
    потом потому свой себя только тоже хорошо через чтобы этот 中国 大家 今天 我们 他们 什么 没有 新闻 日本 自己
    """.split()  # noqa: SIM905 - a column of six hundred strings reads worse
)
